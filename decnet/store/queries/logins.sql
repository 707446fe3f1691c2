-- name: begin(hash, account, address, begun_at, ends_at)!
INSERT INTO login (hash, account, address, begun_at, last_at, ends_at)
VALUES (:hash, :account, :address, :begun_at, :begun_at, :ends_at);

-- name: get(hash, at, idle)^
SELECT account.name, account.role, account.generated IS NOT NULL, login.last_at, login.ends_at
FROM login JOIN account ON account.name = login.account
WHERE login.hash = :hash AND login.ends_at > :at AND login.last_at > :at - :idle AND NOT account.is_disabled;

-- name: see(hash, at)!
UPDATE login SET last_at = :at WHERE hash = :hash AND last_at < :at;

-- name: end(hash)!
DELETE FROM login WHERE hash = :hash;

-- name: end_all_of(account)!
DELETE FROM login WHERE account = :account;

-- name: oldest_beyond(account, count)
SELECT hash FROM login WHERE account = :account ORDER BY last_at DESC LIMIT -1 OFFSET :count;

-- name: delete_before(before)!
DELETE FROM login WHERE ends_at < :before;
