-- What a tenant is meant to be beside running, and what is left to do for it.
ALTER TABLE tenant DROP CONSTRAINT tenant_target_check;
ALTER TABLE tenant DROP CONSTRAINT tenant_state_check;
UPDATE tenant SET target = 'destroyed' WHERE target = 'deleted';
ALTER TABLE tenant ADD CONSTRAINT tenant_target_check CHECK (target IN
    ('running', 'suspended', 'deleted', 'destroyed', 'importing', 'spare'));
ALTER TABLE tenant ADD CONSTRAINT tenant_state_check CHECK (state IN
    ('requested', 'secret', 'role', 'database', 'schema', 'running', 'suspended', 'deleted', 'spare', 'failed',
     'deleting'));

-- Every request counts asked up; a tenant is where it should be when reached has caught up.
ALTER TABLE tenant ADD COLUMN asked integer NOT NULL DEFAULT 1;
ALTER TABLE tenant ADD COLUMN reached integer NOT NULL DEFAULT 0;
UPDATE tenant SET reached = 1 WHERE state = 'running' AND target = 'running';
DROP INDEX tenant_unfinished;
DROP INDEX tenant_undelivered;
CREATE INDEX tenant_unfinished ON tenant (created_at) WHERE reached < asked;

-- Why it is suspended or deleted, in the operator's words.
ALTER TABLE tenant ADD COLUMN reason text;
-- When the grace period of a deleted tenant is over.
ALTER TABLE tenant ADD COLUMN destroy_at timestamptz;
CREATE INDEX tenant_condemned ON tenant (destroy_at) WHERE target = 'deleted';

-- What is to be done to the secret: the change, and the version in the vault that it is made to. A newer version there
-- means that it was done.
ALTER TABLE tenant ADD COLUMN secret_change text CHECK (secret_change IN ('rotate', 'retire'));
ALTER TABLE tenant ADD COLUMN secret_from integer;
ALTER TABLE tenant ADD COLUMN secret_rotated_at timestamptz;

-- Every operation's steps are recorded; the program knows their names.
ALTER TABLE provisioning_step DROP CONSTRAINT provisioning_step_step_check;

-- Events of this log that the tenant's own log has to tell, too, until it does.
CREATE TABLE tenant_news (
    event_id  uuid        PRIMARY KEY,
    tenant_id text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    type      text        NOT NULL,
    actor     text        NOT NULL,
    detail    jsonb       NOT NULL
);
CREATE INDEX tenant_news_tenant ON tenant_news (tenant_id, event_id);

-- Names beside the one that a tenant's slug gives it. No two tenants share one, nor does one have a name below another's.
CREATE TABLE tenant_hostname (
    hostname    text        PRIMARY KEY,
    tenant_id   text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    -- primary: the base URL's; alias: served as well; former: leads to the base URL, and is nobody else's until released.
    role        text        NOT NULL CHECK (role IN ('primary', 'alias', 'former')),
    -- How its ownership is known.
    proof       text        NOT NULL CHECK (proof IN ('operator', 'slug')),
    release_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tenant_hostname_primary ON tenant_hostname (tenant_id) WHERE role = 'primary';
CREATE INDEX tenant_hostname_tenant ON tenant_hostname (tenant_id);
