-- Filters of a list that somebody has given a name to. Nothing in it is about one of the tenant's people: what is, no view
-- keeps, so that nobody who is erased there is still here.
CREATE TABLE saved_view (
    id         text        PRIMARY KEY,
    tenant_id  text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    -- Whose it is, as the log calls them. Nobody else sees it.
    owner      text        NOT NULL,
    list       text        NOT NULL CHECK (list IN ('events', 'users')),
    name       text        NOT NULL,
    -- The filters, by the names that they have in the list's address.
    filters    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    UNIQUE (tenant_id, owner, list, name)
);
