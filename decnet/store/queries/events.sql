-- name: append*!
INSERT INTO event (at, topic, type, body) VALUES (:at, :topic, :type, :body);

-- name: following(sequence, limit)
SELECT sequence, at, topic, type, body FROM event WHERE sequence > :sequence ORDER BY sequence LIMIT :limit;

-- name: last_sequence()$
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0);

-- name: first_sequence()$
SELECT min(sequence) FROM event;

-- name: get_cursor(consumer)$
SELECT sequence FROM cursor WHERE consumer = :consumer;

-- name: set_cursor(consumer, sequence)!
INSERT INTO cursor (consumer, sequence) VALUES (:consumer, :sequence)
ON CONFLICT (consumer) DO UPDATE SET sequence = max(sequence, excluded.sequence);

-- name: oldest_before(before, limit)
-- Events are deleted from the oldest on; the first one that is young enough ends it.
SELECT sequence FROM event
WHERE sequence < coalesce((SELECT min(sequence) FROM event WHERE at >= :before), 1 << 62) ORDER BY sequence LIMIT :limit;

-- name: delete*!
DELETE FROM event WHERE sequence = :sequence;

-- name: oldest(limit)
SELECT sequence FROM event ORDER BY sequence LIMIT :limit;
