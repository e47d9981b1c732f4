-- What became of backups, and of trials to restore them. Rows stay when their tenant is gone: so may the archive.
CREATE TABLE backup_run (
    id        text        PRIMARY KEY,
    kind      text        NOT NULL CHECK (kind IN ('backup', 'drill')),
    tenant_id text        NOT NULL,
    slug      text        NOT NULL,
    -- Where the archive is, and what it is called there. Neither holds credentials.
    place     text        NOT NULL,
    name      text,
    at        timestamptz NOT NULL DEFAULT now(),
    succeeded boolean     NOT NULL,
    -- Rows, bytes, seconds; or what was in the way.
    detail    jsonb       NOT NULL
);

CREATE INDEX backup_run_at ON backup_run (at DESC, id DESC);
CREATE INDEX backup_run_tenant ON backup_run (tenant_id, kind, at DESC);

-- When and where to, and how long archives are kept: for the command that a timer starts.
CREATE TABLE backup_schedule (
    is_the_one boolean     PRIMARY KEY DEFAULT true CHECK (is_the_one),
    document   jsonb       NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
