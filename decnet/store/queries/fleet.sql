-- name: current()^
SELECT revision, document, at, author FROM fleet ORDER BY revision DESC LIMIT 1;

-- name: insert(revision, document, at, author)!
-- The primary key refuses a revision that somebody else made in the meantime.
INSERT INTO fleet (revision, document, at, author) VALUES (:revision, :document, :at, :author);

-- name: prune(revision)!
DELETE FROM fleet WHERE revision <= :revision - 100;
