-- SHA-256 of a certificate's public key (SubjectPublicKeyInfo): no two tenants have the same. NULL where there is no
-- certificate, and for a moment where there is one from before.
ALTER TABLE certificate ADD COLUMN public_key text;

CREATE INDEX certificate_public_key ON certificate (public_key) WHERE public_key IS NOT NULL;
