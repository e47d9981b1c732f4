-- Every settings document that a tenant has had. A row never changes; going back writes a new one.
CREATE TABLE tenant_settings_version (
    tenant_id text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    version   integer     NOT NULL,
    -- Secrets in it are references into the vault.
    document  jsonb       NOT NULL,
    -- What differs from the version before: path, from, to; secrets masked.
    changes   jsonb       NOT NULL DEFAULT '[]',
    actor     text        NOT NULL,
    comment   text,
    -- The event of this change, in this log and in the tenant's. The first version came with the tenant.
    event_id  uuid,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version)
);

INSERT INTO tenant_settings_version (tenant_id, version, document, actor)
    SELECT id, settings_version, settings, 'control' FROM tenant;

-- The version that the tenant's engines are started with and that the tenant's own log tells of.
ALTER TABLE tenant ADD COLUMN settings_delivered integer NOT NULL DEFAULT 1;
UPDATE tenant SET settings_delivered = settings_version;

CREATE INDEX tenant_undelivered ON tenant (created_at) WHERE settings_delivered < settings_version;
