-- name: update*!
INSERT INTO session (
  spool, id, decoy, lure, peer_address, peer_port, local_address, local_port, first_at, last_at, closed_at, reason, records,
  commands, credentials, files, recording
) VALUES (
  :spool, :id, :decoy, :lure, :peer_address, :peer_port, :local_address, :local_port, :first_at, :last_at, :closed_at, :reason,
  :records, :commands, :credentials, :files, :recording
)
ON CONFLICT (id, spool) DO UPDATE SET
  first_at = min(first_at, excluded.first_at),
  last_at = max(last_at, excluded.last_at),
  closed_at = coalesce(excluded.closed_at, closed_at),
  reason = coalesce(excluded.reason, reason),
  records = records + excluded.records,
  commands = commands + excluded.commands,
  credentials = credentials + excluded.credentials,
  files = files + excluded.files,
  recording = coalesce(excluded.recording, recording);

-- name: get(id)
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool WHERE session.id = :id;

-- name: newest_by_all(address, decoy, lure, recorded, limit)
-- The newest of everything, newest first; the rest of the filter is applied on the way.
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool
WHERE (:address IS NULL OR peer_address = :address)
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:recorded = 0 OR recording IS NOT NULL)
ORDER BY first_at DESC LIMIT :limit;

-- name: newest_by_address(address, decoy, lure, recorded, limit)
-- The newest of an attacker, newest first; the rest of the filter is applied on the way.
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool
WHERE peer_address = :address
  AND (:address IS NULL OR peer_address = :address)
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:recorded = 0 OR recording IS NOT NULL)
ORDER BY first_at DESC LIMIT :limit;

-- name: newest_by_decoy(decoy, address, lure, recorded, limit)
-- The newest of a decoy, newest first; the rest of the filter is applied on the way.
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool
WHERE decoy = :decoy
  AND (:address IS NULL OR peer_address = :address)
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:recorded = 0 OR recording IS NOT NULL)
ORDER BY first_at DESC LIMIT :limit;

-- name: newest_by_lure(lure, address, decoy, recorded, limit)
-- The newest of a lure, newest first; the rest of the filter is applied on the way.
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool
WHERE lure = :lure
  AND (:address IS NULL OR peer_address = :address)
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:recorded = 0 OR recording IS NOT NULL)
ORDER BY first_at DESC LIMIT :limit;

-- name: newest_by_recorded(recorded, address, decoy, lure, limit)
-- The newest of those with a recording, newest first; the rest of the filter is applied on the way.
SELECT session.*, spool.host FROM session JOIN spool ON spool.id = session.spool
WHERE recording IS NOT NULL
  AND (:address IS NULL OR peer_address = :address)
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:recorded = 0 OR recording IS NOT NULL)
ORDER BY first_at DESC LIMIT :limit;

-- name: oldest_before(before, limit)
SELECT id, spool FROM session WHERE first_at < :before AND last_at < :before ORDER BY first_at LIMIT :limit;

-- name: delete*!
DELETE FROM session WHERE id = :id AND spool = :spool;
