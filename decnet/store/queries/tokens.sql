-- name: add(name, hash, role, created_by, created_at, ends_at)<!
INSERT INTO token (name, hash, role, created_by, created_at, ends_at)
VALUES (:name, :hash, :role, :created_by, :created_at, :ends_at);

-- name: get(hash, at)^
SELECT id, name, role, created_by, created_at, ends_at, last_at FROM token WHERE hash = :hash AND ends_at > :at;

-- name: by_id(id)^
SELECT id, name, role, created_by, created_at, ends_at, last_at FROM token WHERE id = :id;

-- name: by_name(name)^
SELECT id, name, role, created_by, created_at, ends_at, last_at FROM token WHERE name = :name;

-- name: all()
SELECT id, name, role, created_by, created_at, ends_at, last_at FROM token ORDER BY id;

-- name: see(id, at)!
UPDATE token SET last_at = :at WHERE id = :id;

-- name: delete(id)!
DELETE FROM token WHERE id = :id;

-- name: delete_before(before)!
DELETE FROM token WHERE ends_at < :before;
