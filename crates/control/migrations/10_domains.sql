-- Domains that a tenant's people say are theirs, and prove by a TXT record. One that is pending is nobody's: any number of
-- tenants may have it pending, and it is served for none. Once proved it is a hostname of its tenant, too.
CREATE TABLE tenant_domain (
    tenant_id     text        NOT NULL REFERENCES tenant ON DELETE CASCADE,
    domain        text        NOT NULL,
    -- What the record says.
    challenge     text        NOT NULL,
    -- pending: not proved yet; verified: proved; lapsed: proved once, and no more for some days. The last two are served.
    state         text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'verified', 'lapsed')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    verified_at   timestamptz,
    -- When the record was looked up last, and what there was.
    checked_at    timestamptz,
    outcome       text        CHECK (outcome IN ('proved', 'absent', 'different', 'unanswered')),
    -- Since when every answer has been another one, of one that was proved.
    failing_since timestamptz,
    -- When it is looked up again.
    check_at      timestamptz,
    PRIMARY KEY (tenant_id, domain)
);
CREATE UNIQUE INDEX tenant_domain_proved ON tenant_domain (domain) WHERE state <> 'pending';
CREATE INDEX tenant_domain_due ON tenant_domain (check_at) WHERE check_at IS NOT NULL;

ALTER TABLE tenant_hostname DROP CONSTRAINT tenant_hostname_proof_check;
ALTER TABLE tenant_hostname ADD CONSTRAINT tenant_hostname_proof_check CHECK (proof IN ('operator', 'slug', 'dns'));
