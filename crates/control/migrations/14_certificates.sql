-- The certificate of each name that is served: a tenant's, or one of the instance's own hosts. Its key is in the vault.
CREATE TABLE certificate (
    id              bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- NULL: the instance's own.
    tenant_id       text        REFERENCES tenant ON DELETE CASCADE,
    hostname        text        NOT NULL,
    -- pending: nobody was asked yet; issued: the last order was fulfilled; failed: it was not, and is tried again. What there
    -- was before stays.
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'issued', 'failed')),
    requested_at    timestamptz NOT NULL,
    -- When somebody is asked again: what is there is renewed then, what failed is tried again.
    next_attempt_at timestamptz NOT NULL,
    -- Failures since the last success, and the cause of the last one: a code, and the authority's own words.
    attempts        integer     NOT NULL DEFAULT 0,
    attempted_at    timestamptz,
    error           text,
    error_detail    text,
    -- What there is, all or nothing. The issuer is `local`, or the URL of an ACME directory.
    issuer          text,
    -- PEM, the certificate itself first.
    chain           text,
    -- The version of the key in the vault.
    key_version     integer,
    issued_by       text,
    serial          text,
    -- SHA-256 of the certificate.
    fingerprint     text,
    not_before      timestamptz,
    not_after       timestamptz,
    issued_at       timestamptz,
    -- When its authority would have it renewed (RFC 9773), and when it is asked again.
    window_start    timestamptz,
    window_end      timestamptz,
    window_look_at  timestamptz,
    -- When it was said that it ends soon.
    alarmed_at      timestamptz,
    CHECK ((chain IS NULL) = (issuer IS NULL) AND (chain IS NULL) = (key_version IS NULL)
       AND (chain IS NULL) = (issued_by IS NULL) AND (chain IS NULL) = (serial IS NULL)
       AND (chain IS NULL) = (fingerprint IS NULL) AND (chain IS NULL) = (not_before IS NULL)
       AND (chain IS NULL) = (not_after IS NULL) AND (chain IS NULL) = (issued_at IS NULL)),
    CHECK ((window_start IS NULL) = (window_end IS NULL))
);

-- A name that goes from one tenant to another is for a moment in both.
CREATE UNIQUE INDEX certificate_of ON certificate (coalesce(tenant_id, ''), hostname);
CREATE INDEX certificate_due ON certificate (next_attempt_at);
CREATE INDEX certificate_end ON certificate (not_after) WHERE not_after IS NOT NULL;

-- When an ACME authority was asked, for an hour: how often that may be is limited.
CREATE TABLE certificate_order (
    at timestamptz NOT NULL
);

-- Who we are to ACME authorities. The accounts' keys are in the vault.
CREATE TABLE acme_account (
    directory  text        PRIMARY KEY,
    url        text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE tenant DROP CONSTRAINT tenant_state_check;
ALTER TABLE tenant ADD CONSTRAINT tenant_state_check CHECK (state IN
    ('requested', 'secret', 'role', 'database', 'schema', 'certificate', 'running', 'suspended', 'deleted', 'spare',
     'failed', 'deleting'));
