-- A customer's account: its tenants and its management keys, and later its people.
CREATE TABLE workspace (
    id         text        PRIMARY KEY,
    slug       text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Where everything is that was there before, and what nobody wants elsewhere.
INSERT INTO workspace (id, slug, name)
    VALUES ('w' || left(replace(gen_random_uuid()::text, '-', ''), 24), 'default', 'Default');

ALTER TABLE tenant ADD COLUMN workspace_id text REFERENCES workspace;
UPDATE tenant SET workspace_id = (SELECT id FROM workspace);
ALTER TABLE tenant ALTER COLUMN workspace_id SET NOT NULL;
-- Pages of one workspace's tenants, by name.
CREATE INDEX tenant_by_workspace ON tenant (workspace_id, slug);

ALTER TABLE management_key RENAME COLUMN label TO name;
ALTER TABLE management_key
    -- NULL is a key of the whole instance.
    ADD COLUMN workspace_id        text REFERENCES workspace,
    -- Permissions; '*' stands for all, also those to come.
    ADD COLUMN scopes              text[]      NOT NULL DEFAULT '{}',
    ADD COLUMN last4               text        NOT NULL DEFAULT '',
    ADD COLUMN created_by          text        NOT NULL DEFAULT 'control',
    ADD COLUMN expires_at          timestamptz,
    -- A day, not a moment: it is written once a day, not with each request.
    ADD COLUMN last_used_on        date,
    -- The secret before the last rotation, for as long as both are good.
    ADD COLUMN previous_hash       bytea UNIQUE,
    ADD COLUMN previous_expires_at timestamptz;
UPDATE management_key SET scopes = '{*}';
CREATE INDEX management_key_page ON management_key (created_at DESC, id DESC);

-- What a repeated request with the same Idempotency-Key is answered with. Kept for a day.
DROP TABLE idempotency;
CREATE TABLE idempotency (
    caller       text        NOT NULL,
    key          text        NOT NULL,
    -- Method, address and body of the first request.
    request_hash bytea       NOT NULL,
    -- The first request itself: nobody else writes this row.
    request_id   text        NOT NULL,
    -- The id of what was changed, written in the transaction of the change.
    subject      text,
    -- The answer, once there is one. It never holds a secret.
    status       smallint,
    headers      jsonb,
    body         text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);

CREATE INDEX idempotency_age ON idempotency (created_at);
