-- name: add(name, size, at)!
INSERT INTO blob (name, size, first_at, last_at) VALUES (:name, :size, :at, :at)
ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at;

-- name: get(name)^
SELECT size FROM blob WHERE name = :name;

-- name: all()
SELECT name, size FROM blob ORDER BY name;

-- name: total()$
SELECT coalesce(sum(size), 0) FROM blob;

-- name: oldest(limit)
SELECT name, size FROM blob ORDER BY last_at LIMIT :limit;

-- name: oldest_before(before, limit)
SELECT name, size FROM blob WHERE last_at < :before ORDER BY last_at LIMIT :limit;

-- name: delete(name)!
DELETE FROM blob WHERE name = :name;
