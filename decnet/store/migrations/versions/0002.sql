-- Who may use the API and what they changed; touches by the hour. Passwords are hashes (Argon2id), what a browser or a program
-- shows is kept as its SHA-256 alone, and a password that was generated is encrypted until its owner has changed it.

CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  password TEXT NOT NULL,
  generated BLOB,
  is_disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_login_at INTEGER
) WITHOUT ROWID;

CREATE TABLE login (  -- who is logged in with a browser
  hash BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
  address TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_account ON login (account);
CREATE INDEX login_ends ON login (ends_at);

CREATE TABLE token (  -- what programs show
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  hash BLOB NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  last_at INTEGER
);
CREATE INDEX token_ends ON token (ends_at);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE touch (  -- connections of attackers, by the hour (hours since the epoch) and by lure
  hour INTEGER NOT NULL,
  lure TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hour, lure)
) WITHOUT ROWID;
INSERT INTO touch (hour, lure, count)
SELECT at / 3600000000, lure, count(*) FROM evidence WHERE kind = 'opened' GROUP BY at / 3600000000, lure;
