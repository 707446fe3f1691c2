-- name: is_known(address)$
SELECT 1 FROM attacker WHERE address = :address;

-- name: observe*!
INSERT INTO attacker (address, first_at, last_at, touches, records, credentials, decoys)
VALUES (:address, :first_at, :last_at, :touches, :records, :credentials, 0)
ON CONFLICT (address) DO UPDATE SET
  first_at = min(first_at, excluded.first_at),
  last_at = max(last_at, excluded.last_at),
  touches = touches + excluded.touches,
  records = records + excluded.records,
  credentials = credentials + excluded.credentials;

-- name: reach(address, decoy, first_at)!
-- An attacker reached a decoy; nothing changes where he did before.
INSERT INTO attacker_decoy (address, decoy, first_at) VALUES (:address, :decoy, :first_at)
ON CONFLICT (address, decoy) DO NOTHING;

-- name: count_decoy(address)!
UPDATE attacker SET decoys = decoys + 1 WHERE address = :address;

-- name: get(address)^
SELECT address, first_at, last_at, touches, records, credentials, decoys FROM attacker WHERE address = :address;

-- name: newest(limit)
SELECT address, first_at, last_at, touches, records, credentials, decoys FROM attacker ORDER BY last_at DESC LIMIT :limit;

-- name: decoys_of(address)
SELECT decoy FROM attacker_decoy WHERE address = :address ORDER BY first_at, decoy;

-- name: oldest_before(before, limit)
SELECT address FROM attacker WHERE last_at < :before ORDER BY last_at LIMIT :limit;

-- name: delete_decoys*!
DELETE FROM attacker_decoy WHERE address = :address;

-- name: delete*!
DELETE FROM attacker WHERE address = :address;
