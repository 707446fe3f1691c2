-- name: any()$
SELECT 1 FROM account LIMIT 1;

-- name: get(name)^
SELECT name, role, password, generated, is_disabled, created_at, last_login_at FROM account WHERE name = :name;

-- name: all()
SELECT name, role, password, generated, is_disabled, created_at, last_login_at FROM account ORDER BY name;

-- name: add(name, role, password, generated, created_at)!
INSERT INTO account (name, role, password, generated, created_at) VALUES (:name, :role, :password, :generated, :created_at);

-- name: set_password(name, password, generated)!
UPDATE account SET password = :password, generated = :generated WHERE name = :name;

-- name: change(name, role, is_disabled)!
UPDATE account SET role = :role, is_disabled = :is_disabled WHERE name = :name;

-- name: logged_in(name, at)!
UPDATE account SET last_login_at = :at WHERE name = :name;

-- name: delete(name)!
DELETE FROM account WHERE name = :name;

-- name: others_who_administer(name)$
SELECT count(*) FROM account WHERE role = 'admin' AND NOT is_disabled AND name <> :name;
