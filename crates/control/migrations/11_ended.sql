-- What has ended of people's in tenants, so that it ends again when an archive of before brings it back: keyed hashes of ids,
-- which tell nobody whose they were. Rows stay when their tenant is gone: so may its archives.
CREATE TABLE ended (
    -- Whose archives this is about: the tenant, or for one that was made of an archive the tenant of that.
    family text        NOT NULL,
    -- Removed, or of an API key that it was switched off.
    kind   text        NOT NULL CHECK (kind IN ('user', 'account', 'passkey', 'apikey', 'apikey_off')),
    digest bytea       NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (family, kind, digest)
);

-- The tenants that were made of archives, and of whose.
CREATE TABLE tenant_family (
    tenant_id text PRIMARY KEY,
    family    text NOT NULL
);
CREATE INDEX tenant_family_family ON tenant_family (family);

-- Tenants that the instance had when the archive was made that it was brought back from, and that are not restored yet. What
-- each was reached under comes back with it.
CREATE TABLE lost_tenant (
    id           text        PRIMARY KEY,
    slug         text        NOT NULL,
    workspace_id text        NOT NULL REFERENCES workspace,
    -- Rows of tenant_hostname and of tenant_domain.
    hostnames    jsonb       NOT NULL DEFAULT '[]',
    domains      jsonb       NOT NULL DEFAULT '[]',
    lost_at      timestamptz NOT NULL DEFAULT now()
);

-- Records of domains that wait for their proof are looked for by themselves from now on.
UPDATE tenant_domain SET check_at = now() WHERE state = 'pending';
