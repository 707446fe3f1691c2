-- The first schema. Times are microseconds since the epoch, UTC. What attackers sent stands in two columns, both encrypted:
-- evidence.body (bound to the rest of its row) and secret.ciphertext (bound to its id).

CREATE TABLE writer (  -- the version of decnet that last changed the schema
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version TEXT NOT NULL
);

CREATE TABLE spool (  -- how far each spool was read; part of the transaction that stores what was read
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  writer TEXT NOT NULL,
  segment INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL DEFAULT 0,
  sequence INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (host, writer)
);

CREATE TABLE secret (  -- what was tried as a secret: encrypted, and a keyed hash that finds it again
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  comparison BLOB NOT NULL UNIQUE,
  ciphertext BLOB NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  count INTEGER NOT NULL
);

CREATE TABLE key_mark (  -- what only the right keys make: a store is never filled with two sets of them
  only INTEGER PRIMARY KEY CHECK (only = 1),
  ciphertext BLOB NOT NULL,
  comparison BLOB NOT NULL
);

CREATE TABLE evidence (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  spool INTEGER NOT NULL REFERENCES spool (id),
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  decoy TEXT NOT NULL,
  lure TEXT NOT NULL,
  session TEXT NOT NULL,
  peer_address TEXT NOT NULL,
  peer_port INTEGER NOT NULL,
  local_address TEXT NOT NULL,
  local_port INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL,  -- encrypted JSON, its texts in the form of decnet.domain.captured
  secret_id INTEGER REFERENCES secret (id),
  UNIQUE (spool, sequence)
);
CREATE INDEX evidence_at ON evidence (at);
CREATE INDEX evidence_address ON evidence (peer_address);
CREATE INDEX evidence_decoy ON evidence (decoy);
CREATE INDEX evidence_session ON evidence (session);
CREATE INDEX evidence_kind ON evidence (kind);
CREATE INDEX evidence_lure ON evidence (lure);
CREATE INDEX evidence_secret ON evidence (secret_id) WHERE secret_id IS NOT NULL;

CREATE VIEW evidence_row AS
SELECT evidence.*, spool.host, spool.writer FROM evidence JOIN spool ON spool.id = evidence.spool;

CREATE TABLE attacker (
  address TEXT PRIMARY KEY,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  touches INTEGER NOT NULL,
  records INTEGER NOT NULL,
  credentials INTEGER NOT NULL,
  decoys INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX attacker_last ON attacker (last_at);

CREATE TABLE attacker_decoy (
  address TEXT NOT NULL,
  decoy TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  PRIMARY KEY (address, decoy)
) WITHOUT ROWID;

CREATE TABLE session (
  spool INTEGER NOT NULL REFERENCES spool (id),
  id TEXT NOT NULL,
  decoy TEXT NOT NULL,
  lure TEXT NOT NULL,
  peer_address TEXT NOT NULL,
  peer_port INTEGER NOT NULL,
  local_address TEXT NOT NULL,
  local_port INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  closed_at INTEGER,
  reason TEXT,
  records INTEGER NOT NULL,
  commands INTEGER NOT NULL,
  credentials INTEGER NOT NULL,
  files INTEGER NOT NULL,
  recording TEXT,
  PRIMARY KEY (id, spool)
) WITHOUT ROWID;
CREATE INDEX session_first ON session (first_at);
CREATE INDEX session_address ON session (peer_address, first_at);
CREATE INDEX session_decoy ON session (decoy, first_at);
CREATE INDEX session_lure ON session (lure, first_at);
CREATE INDEX session_recorded ON session (first_at) WHERE recording IS NOT NULL;

CREATE TABLE event (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  topic TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL
);

CREATE TABLE cursor (  -- how far each consumer of the event log has come
  consumer TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE blob (  -- captured files; the name is a keyed hash of the sha256
  name TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX blob_last ON blob (last_at);

CREATE TABLE damage (  -- a row for each reason and segment, so that a hostile spool cannot fill the table
  host TEXT NOT NULL,
  writer TEXT NOT NULL,
  segment INTEGER NOT NULL,
  reason TEXT NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  count INTEGER NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (host, writer, segment, reason)
) WITHOUT ROWID;

CREATE TABLE fleet (  -- what the decoys shall be; every revision, the newest counts
  revision INTEGER PRIMARY KEY,
  document TEXT NOT NULL,
  at INTEGER NOT NULL,
  author TEXT NOT NULL
);

CREATE TABLE removed (  -- what retention deleted
  what TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) WITHOUT ROWID;
