-- Lists of the API: each looks at a bounded number of rows of one index, newest first, and says of each whether it is wanted.

-- name: by_all(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_session(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE session = :session AND number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_address(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE peer_address = :address AND number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_decoy(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE decoy = :decoy AND number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_kind(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE kind = :kind AND number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_lure(before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence WHERE lure = :lure AND number < :before ORDER BY number DESC LIMIT :portion;

-- name: by_time(at, before, portion, decoy, lure, kind, address, session, since, until)
SELECT number, at, (
    (:decoy IS NULL OR decoy = :decoy) AND (:lure IS NULL OR lure = :lure) AND (:kind IS NULL OR kind = :kind)
    AND (:address IS NULL OR peer_address = :address) AND (:session IS NULL OR session = :session)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  ) FROM evidence
WHERE (at, number) < (:at, :before) AND at < coalesce(:until, 1 << 62) AND at >= coalesce(:since, -(1 << 62))
ORDER BY at DESC, number DESC LIMIT :portion;

-- name: rows(numbers)
-- In any order; numbers is a JSON array.
SELECT * FROM evidence_row WHERE number IN (SELECT value FROM json_each(:numbers));

-- name: sessions_by_all(at, id, spool, portion, address, decoy, lure, recorded)
SELECT session.*, (SELECT host FROM spool WHERE spool.id = session.spool), (
    (:address IS NULL OR peer_address = :address) AND (:decoy IS NULL OR decoy = :decoy)
    AND (:lure IS NULL OR lure = :lure) AND (:recorded = 0 OR recording IS NOT NULL)
  ) FROM session
WHERE (first_at, id, spool) < (:at, :id, :spool) ORDER BY first_at DESC, id DESC, spool DESC LIMIT :portion;

-- name: sessions_by_address(at, id, spool, portion, address, decoy, lure, recorded)
SELECT session.*, (SELECT host FROM spool WHERE spool.id = session.spool), (
    (:address IS NULL OR peer_address = :address) AND (:decoy IS NULL OR decoy = :decoy)
    AND (:lure IS NULL OR lure = :lure) AND (:recorded = 0 OR recording IS NOT NULL)
  ) FROM session
WHERE peer_address = :address AND (first_at, id, spool) < (:at, :id, :spool) ORDER BY first_at DESC, id DESC, spool DESC LIMIT :portion;

-- name: sessions_by_decoy(at, id, spool, portion, address, decoy, lure, recorded)
SELECT session.*, (SELECT host FROM spool WHERE spool.id = session.spool), (
    (:address IS NULL OR peer_address = :address) AND (:decoy IS NULL OR decoy = :decoy)
    AND (:lure IS NULL OR lure = :lure) AND (:recorded = 0 OR recording IS NOT NULL)
  ) FROM session
WHERE decoy = :decoy AND (first_at, id, spool) < (:at, :id, :spool) ORDER BY first_at DESC, id DESC, spool DESC LIMIT :portion;

-- name: sessions_by_lure(at, id, spool, portion, address, decoy, lure, recorded)
SELECT session.*, (SELECT host FROM spool WHERE spool.id = session.spool), (
    (:address IS NULL OR peer_address = :address) AND (:decoy IS NULL OR decoy = :decoy)
    AND (:lure IS NULL OR lure = :lure) AND (:recorded = 0 OR recording IS NOT NULL)
  ) FROM session
WHERE lure = :lure AND (first_at, id, spool) < (:at, :id, :spool) ORDER BY first_at DESC, id DESC, spool DESC LIMIT :portion;

-- name: sessions_by_recorded(at, id, spool, portion, address, decoy, lure, recorded)
SELECT session.*, (SELECT host FROM spool WHERE spool.id = session.spool), (
    (:address IS NULL OR peer_address = :address) AND (:decoy IS NULL OR decoy = :decoy)
    AND (:lure IS NULL OR lure = :lure) AND (:recorded = 0 OR recording IS NOT NULL)
  ) FROM session
WHERE recording IS NOT NULL AND (first_at, id, spool) < (:at, :id, :spool) ORDER BY first_at DESC, id DESC, spool DESC LIMIT :portion;

-- name: attackers(at, address, limit)
SELECT address, first_at, last_at, touches, records, credentials, decoys FROM attacker
WHERE (last_at, address) < (:at, :address) ORDER BY last_at DESC, address DESC LIMIT :limit;
