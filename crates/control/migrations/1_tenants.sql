-- A tenant's operating system user. The sequence is never set back and does not cycle: a file or a process that
-- outlives its tenant must not become another tenant's.
CREATE SEQUENCE tenant_uid AS bigint MINVALUE 1900001000 MAXVALUE 1999999999 NO CYCLE;

CREATE TABLE tenant (
    id               text        PRIMARY KEY,
    slug             text        NOT NULL UNIQUE,
    uid              bigint      NOT NULL UNIQUE DEFAULT nextval('tenant_uid'),
    -- The last step that is done, or 'failed', or 'deleting'. What is left to do is in provisioning_step.
    state            text        NOT NULL DEFAULT 'requested' CHECK (state IN
                     ('requested', 'secret', 'role', 'database', 'schema', 'running', 'failed', 'deleting')),
    target           text        NOT NULL DEFAULT 'running' CHECK (target IN ('running', 'deleted')),
    settings         jsonb       NOT NULL,
    settings_version integer     NOT NULL DEFAULT 1,
    schema_version   integer     NOT NULL DEFAULT 0,
    failures         integer     NOT NULL DEFAULT 0,
    retry_at         timestamptz,
    last_error       text,
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX tenant_unfinished ON tenant (created_at) WHERE state <> 'running';

CREATE TABLE provisioning_step (
    tenant_id   text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    step        text        NOT NULL CHECK (step IN ('secret', 'role', 'database', 'schema', 'running')),
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    attempts    integer     NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, step)
);

-- What a repeated request with the same Idempotency-Key is answered with. Kept for a day.
CREATE TABLE idempotency (
    caller       text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    tenant_id    text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);

CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE management_key (
    id         text        PRIMARY KEY,
    hash       bytea       NOT NULL UNIQUE,
    label      text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE audit_event (
    id         uuid        PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    type       text        NOT NULL,
    outcome    text        NOT NULL CHECK (outcome IN ('success', 'failure')),
    actor      text        NOT NULL,
    subject    text        NOT NULL,
    request_id text,
    detail     jsonb       NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_event_subject ON audit_event (subject, id);

-- The log only grows. Its owner could drop the trigger, but not by mistake.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows';
END $$;

CREATE TRIGGER audit_event_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
