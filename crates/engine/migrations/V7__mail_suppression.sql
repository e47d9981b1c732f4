-- Addresses whose server has said that nobody is there, as keyed hashes. Mail to them is not tried.
CREATE TABLE kiavi.mail_suppression (
  address_hash text PRIMARY KEY,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_suppression_at_idx ON kiavi.mail_suppression (at);
