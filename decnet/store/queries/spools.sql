-- name: enter(host, writer)!
INSERT INTO spool (host, writer) VALUES (:host, :writer) ON CONFLICT (host, writer) DO NOTHING;

-- name: get(host, writer)^
SELECT id, segment, position, sequence, records FROM spool WHERE host = :host AND writer = :writer;

-- name: all()
SELECT id, host, writer, segment, position, sequence, records, at FROM spool ORDER BY host, writer;

-- name: move(segment, position, sequence, records, at, id)!
UPDATE spool SET segment = :segment, position = :position, sequence = :sequence, records = records + :records, at = :at
WHERE id = :id;

-- name: last_stored(id)$
SELECT coalesce(max(sequence), 0) FROM evidence WHERE spool = :id;

-- name: report*!
INSERT INTO damage (host, writer, segment, reason, first_position, last_position, count, detail, at)
VALUES (:host, :writer, :segment, :reason, :position, :position, :count, :detail, :at)
ON CONFLICT (host, writer, segment, reason) DO UPDATE SET
  last_position = excluded.last_position, count = count + excluded.count, at = excluded.at
WHERE excluded.last_position > last_position;

-- name: damage()
SELECT host, writer, segment, reason, first_position, last_position, count, detail, at FROM damage
ORDER BY host, writer, segment, reason;

-- name: forget_damage()!
DELETE FROM damage;

-- name: forget_damage_before(before)!
DELETE FROM damage WHERE at < :before;

-- name: forget_damage_beyond(rows)!
-- All but the newest rows.
DELETE FROM damage WHERE (host, writer, segment, reason) IN (
  SELECT host, writer, segment, reason FROM damage ORDER BY at DESC LIMIT -1 OFFSET :rows
);
