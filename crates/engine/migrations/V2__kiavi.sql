-- What happened, written in the transaction in which it happened.
CREATE TABLE kiavi.audit_event (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  request_id text,
  actor text,
  subject text,
  method text,
  ip text,
  user_agent text,
  detail jsonb
);
CREATE INDEX audit_event_at_idx ON kiavi.audit_event (at);
CREATE INDEX audit_event_subject_idx ON kiavi.audit_event (subject, at);

-- One theoretical arrival time per limited thing. Lost in a crash of the server: that only forgives.
CREATE UNLOGGED TABLE kiavi.rate_limit (
  key bytea PRIMARY KEY,
  arrival timestamptz NOT NULL
);
CREATE INDEX rate_limit_arrival_idx ON kiavi.rate_limit (arrival);

-- Mail that a committed change owes to somebody.
CREATE TABLE kiavi.outbox (
  id text PRIMARY KEY,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0
);
CREATE INDEX outbox_next_attempt_at_idx ON kiavi.outbox (next_attempt_at);

-- Expired rows are swept by these.
CREATE INDEX "verification_expiresAt_idx" ON public.verification ("expiresAt");
CREATE INDEX "session_expiresAt_idx" ON public.session ("expiresAt");
