-- Whoever has signed in to the console: a user of the console's own tenant, as it told them last.
CREATE TABLE person (
    id          text        PRIMARY KEY,
    email       text        NOT NULL,
    name        text        NOT NULL,
    -- Whether they have proved that they read the address.
    is_verified boolean     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE member (
    workspace_id text        NOT NULL REFERENCES workspace ON DELETE CASCADE,
    user_id      text        NOT NULL REFERENCES person ON DELETE CASCADE,
    role         text        NOT NULL CHECK (role IN
                 ('owner', 'admin', 'developer', 'support', 'viewer', 'auditor', 'privacy')),
    created_at   timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    PRIMARY KEY (workspace_id, user_id)
);

CREATE INDEX member_by_person ON member (user_id);

CREATE TABLE invitation (
    id           text        PRIMARY KEY,
    workspace_id text        NOT NULL REFERENCES workspace ON DELETE CASCADE,
    -- The address that it is for; nobody else can accept it.
    email        text        NOT NULL,
    role         text        NOT NULL CHECK (role IN
                 ('owner', 'admin', 'developer', 'support', 'viewer', 'auditor', 'privacy')),
    -- Of the newest link's token.
    hash         bytea       NOT NULL UNIQUE,
    locale       text        NOT NULL,
    invited_by   text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    -- When the tenant took the letter last; NULL when it never did.
    sent_at      timestamptz,
    expires_at   timestamptz NOT NULL,
    accepted_at  timestamptz,
    revoked_at   timestamptz
);

CREATE UNIQUE INDEX invitation_open ON invitation (workspace_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitation_page ON invitation (workspace_id, created_at DESC, id DESC);

-- A browser that is signed in to the console. It ends with the session at the console's tenant.
CREATE TABLE console_session (
    hash           bytea       PRIMARY KEY,
    user_id        text        NOT NULL REFERENCES person ON DELETE CASCADE,
    tenant_session text        NOT NULL,
    -- When they used a passkey; NULL when they signed in with something else.
    proved_at      timestamptz,
    -- The workspace whose page they opened last.
    workspace_id   text        REFERENCES workspace ON DELETE SET NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    used_at        timestamptz NOT NULL DEFAULT now(),
    -- When the tenant said last that its session lives.
    checked_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX console_session_age ON console_session (created_at);

-- The link that makes the first owner. There is one at a time.
CREATE TABLE owner_link (
    is_the_one boolean     PRIMARY KEY DEFAULT true CHECK (is_the_one),
    hash       bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);
