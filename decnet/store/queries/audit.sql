-- name: write(at, actor, address, action, subject, detail)!
INSERT INTO audit (at, actor, address, action, subject, detail) VALUES (:at, :actor, :address, :action, :subject, :detail);

-- name: page(before, limit)
SELECT number, at, actor, address, action, subject, detail FROM audit WHERE number < :before ORDER BY number DESC LIMIT :limit;

-- name: places(action, limit)
-- Who did it from where, each once, the latest last.
SELECT actor, address FROM (
  SELECT actor, address, max(number) AS latest FROM audit WHERE action = :action
  GROUP BY actor, address ORDER BY latest DESC LIMIT :limit
) ORDER BY latest;

-- name: delete_before(before)!
DELETE FROM audit WHERE at < :before;

-- name: delete_beyond(rows, first)!
-- What is more than so many: the oldest, but those of one action before any other.
DELETE FROM audit WHERE number IN (
  SELECT number FROM audit ORDER BY action <> :first, number LIMIT max((SELECT count(*) FROM audit) - :rows, 0)
);
