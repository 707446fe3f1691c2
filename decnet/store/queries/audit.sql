-- name: write(at, actor, address, action, subject, detail)!
INSERT INTO audit (at, actor, address, action, subject, detail) VALUES (:at, :actor, :address, :action, :subject, :detail);

-- name: page(before, limit)
SELECT number, at, actor, address, action, subject, detail FROM audit WHERE number < :before ORDER BY number DESC LIMIT :limit;

-- name: delete_before(before)!
DELETE FROM audit WHERE at < :before;

-- name: delete_beyond(rows)!
-- All but the newest rows.
DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - :rows;
