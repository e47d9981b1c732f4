-- What was found when a tenant's isolation was tried: the whole report with its signature, as whoever asked for it got it.
CREATE TABLE isolation_proof (
    id          text        PRIMARY KEY,
    tenant_id   text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    proved_at   timestamptz NOT NULL DEFAULT now(),
    -- 'held', 'broken' or 'unknown'.
    outcome     text        NOT NULL CHECK (outcome IN ('held', 'broken', 'unknown')),
    -- A hash of what is derived from the tenant's secret: no two tenants have the same.
    fingerprint text        NOT NULL,
    report      jsonb       NOT NULL
);

CREATE INDEX isolation_proof_tenant ON isolation_proof (tenant_id, proved_at DESC, id DESC);
CREATE INDEX isolation_proof_fingerprint ON isolation_proof (fingerprint);
