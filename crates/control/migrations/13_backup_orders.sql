-- What somebody wants done with a tenant's archives: ordered at the console or by the API, and carried out by `kiavi backup run`,
-- which reaches where archives are. An order names an archive by its run, and never a place.
CREATE TABLE backup_order (
    id             text        PRIMARY KEY,
    tenant_id      text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    kind           text        NOT NULL CHECK (kind IN ('backup', 'drill', 'restore')),
    -- Of a restore: what the archive is called, the name of the new tenant, and what comes back.
    archive        text,
    slug           text,
    keeps_ended    boolean     NOT NULL DEFAULT false,
    keeps_api_keys boolean     NOT NULL DEFAULT false,
    ordered_by     text        NOT NULL,
    ordered_at     timestamptz NOT NULL DEFAULT now(),
    -- How far it is.
    step           text        NOT NULL DEFAULT 'waiting'
                   CHECK (step IN ('waiting', 'storing', 'reading', 'restoring', 'done', 'failed')),
    bytes          bigint      NOT NULL DEFAULT 0,
    -- How often somebody has begun it, and when whoever did was heard of last.
    attempts       integer     NOT NULL DEFAULT 0,
    told_at        timestamptz,
    ended_at       timestamptz,
    failure        text        CHECK (failure IN ('archive_gone', 'archive_damaged', 'name_taken', 'other')),
    CHECK ((kind = 'restore') = (archive IS NOT NULL AND slug IS NOT NULL)),
    CHECK ((ended_at IS NOT NULL) = (step IN ('done', 'failed')))
);

-- One thing at a time.
CREATE UNIQUE INDEX backup_order_open ON backup_order (tenant_id) WHERE ended_at IS NULL;
CREATE INDEX backup_order_waiting ON backup_order (ordered_at) WHERE ended_at IS NULL;
CREATE INDEX backup_order_tenant ON backup_order (tenant_id, ordered_at DESC);

-- When the archive of a run was removed, because it is kept no longer.
ALTER TABLE backup_run ADD COLUMN removed_at timestamptz;
CREATE INDEX backup_run_kept ON backup_run (place, name) WHERE removed_at IS NULL;
