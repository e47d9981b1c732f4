-- Each tenant's log as its witness knows it.
CREATE TABLE audit_log (
    tenant_id    text        PRIMARY KEY REFERENCES tenant ON DELETE CASCADE,
    -- The first line of its checkpoints, and the public half of the key that signs them.
    origin       text        NOT NULL,
    public_key   bytea       NOT NULL CHECK (length(public_key) = 32),
    -- What was cosigned last.
    size         bigint      NOT NULL DEFAULT 0,
    root         bytea       CHECK (length(root) = 32),
    seen_at      timestamptz,
    -- The first checkpoint that contradicted it, since it was last cosigned: an alarm for as long as it is there.
    refused_size bigint,
    refused_root bytea,
    refused_at   timestamptz,
    CHECK ((size = 0) = (root IS NULL))
);
