-- The log as it is sealed. Written by the auditor alone, which has a role of its own; engines read it. A restored tenant
-- has a new id and so a new log: there these tables are empty.

-- Which event is which leaf of the tree: without gaps, in the order in which the auditor has found them.
CREATE TABLE kiavi.audit_leaf (
  index bigint PRIMARY KEY CHECK (index >= 0),
  seq bigint NOT NULL UNIQUE
);

-- The tree's hashes, 256 at a time (C2SP tlog-tiles); the last tile of a level has fewer.
CREATE TABLE kiavi.audit_tile (
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  index bigint NOT NULL CHECK (index >= 0),
  hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, index)
);
-- Nothing makes hashes shorter.
ALTER TABLE kiavi.audit_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- What was signed of the tree (C2SP tlog-checkpoint): the newest, and the last of each hour.
CREATE TABLE kiavi.audit_checkpoint (
  size bigint PRIMARY KEY CHECK (size > 0),
  at timestamptz NOT NULL,
  note text NOT NULL
);

-- Numbers of events that were missing below one that was sealed: a transaction that was open then, or was rolled back.
CREATE TABLE kiavi.audit_gap (
  seq bigint PRIMARY KEY,
  -- The last number of the range.
  until bigint NOT NULL CHECK (until >= seq),
  since timestamptz NOT NULL
);
CREATE INDEX audit_gap_since_idx ON kiavi.audit_gap (since);
