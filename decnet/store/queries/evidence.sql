-- name: insert*!
INSERT INTO evidence (
  id, spool, sequence, at, decoy, lure, session, peer_address, peer_port, local_address, local_port, kind, body, secret_id
) VALUES (
  :id, :spool, :sequence, :at, :decoy, :lure, :session, :peer_address, :peer_port, :local_address, :local_port, :kind, :body,
  :secret_id
);

-- name: is_known(id, spool, sequence)$
SELECT 1 FROM evidence WHERE id = :id OR (spool = :spool AND sequence = :sequence);

-- name: get(id)^
SELECT * FROM evidence_row WHERE id = :id;

-- name: last_number()$
SELECT coalesce(max(number), 0) FROM evidence;

-- name: following(after, decoy, lure, kind, address, session, since, until, limit)
-- What was stored after a number, oldest first.
SELECT * FROM evidence_row WHERE number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number LIMIT :limit;

-- name: newest_by_all(after, decoy, lure, kind, address, session, since, until, limit)
-- The newest of everything, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: newest_by_session(session, after, decoy, lure, kind, address, since, until, limit)
-- The newest of a session, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE session = :session AND number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: newest_by_address(address, after, decoy, lure, kind, session, since, until, limit)
-- The newest of an attacker, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE peer_address = :address AND number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: newest_by_decoy(decoy, after, lure, kind, address, session, since, until, limit)
-- The newest of a decoy, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE decoy = :decoy AND number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: newest_by_kind(kind, after, decoy, lure, address, session, since, until, limit)
-- The newest of a kind, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE kind = :kind AND number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: newest_by_lure(lure, after, decoy, kind, address, session, since, until, limit)
-- The newest of a lure, newest first; the rest of the filter is applied on the way.
SELECT * FROM evidence_row WHERE lure = :lure AND number > :after
  AND (:decoy IS NULL OR decoy = :decoy)
  AND (:lure IS NULL OR lure = :lure)
  AND (:kind IS NULL OR kind = :kind)
  AND (:address IS NULL OR peer_address = :address)
  AND (:session IS NULL OR session = :session)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: oldest_before(before, limit)
SELECT number, secret_id FROM evidence WHERE at < :before ORDER BY at LIMIT :limit;

-- name: oldest(limit)
SELECT number, secret_id FROM evidence ORDER BY number LIMIT :limit;

-- name: oldest_at()$
SELECT at FROM evidence ORDER BY number LIMIT 1;

-- name: delete*!
DELETE FROM evidence WHERE number = :number;
