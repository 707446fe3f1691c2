-- name: add(sha256, size, at)!
INSERT INTO blob (sha256, size, first_at, last_at) VALUES (:sha256, :size, :at, :at)
ON CONFLICT (sha256) DO UPDATE SET last_at = excluded.last_at;

-- name: get(sha256)^
SELECT size FROM blob WHERE sha256 = :sha256;

-- name: all()
SELECT sha256, size FROM blob ORDER BY sha256;

-- name: total()$
SELECT coalesce(sum(size), 0) FROM blob;

-- name: oldest(limit)
SELECT sha256, size FROM blob ORDER BY last_at LIMIT :limit;

-- name: oldest_before(before, limit)
SELECT sha256, size FROM blob WHERE last_at < :before ORDER BY last_at LIMIT :limit;

-- name: delete(sha256)!
DELETE FROM blob WHERE sha256 = :sha256;
