-- name: find(comparison)^
SELECT id FROM secret WHERE comparison = :comparison;

-- name: last_id()$
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'secret'), 0);

-- name: insert*!
INSERT INTO secret (id, comparison, ciphertext, first_at, last_at, count)
VALUES (:id, :comparison, :ciphertext, :first_at, :last_at, :count);

-- name: see_again*!
UPDATE secret SET first_at = min(first_at, :first_at), last_at = max(last_at, :last_at), count = count + :count WHERE id = :id;

-- name: ciphertext(id)$
SELECT ciphertext FROM secret WHERE id = :id;

-- name: delete_unused*!
-- Secrets that no record names any more, of those that the given ones are.
DELETE FROM secret WHERE id = :id AND NOT EXISTS (SELECT 1 FROM evidence WHERE secret_id = :id);

-- name: mark()^
SELECT ciphertext, comparison FROM key_mark;

-- name: set_mark(ciphertext, comparison)!
INSERT INTO key_mark (only, ciphertext, comparison) VALUES (1, :ciphertext, :comparison) ON CONFLICT DO NOTHING;

-- name: ids()
SELECT id FROM secret ORDER BY id;
