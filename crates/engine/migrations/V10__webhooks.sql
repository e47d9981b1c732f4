-- What is owed to endpoints of webhooks: one row for an event and each endpoint that wants it, written by the statement
-- that writes the event. Endpoints get theirs in the order of `position`. Settled rows stay for a while, to be looked
-- at and sent again.
CREATE TABLE kiavi.webhook_delivery (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint text NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  -- What is sent, byte for byte.
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  settled_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  UNIQUE (endpoint, event_id)
);
CREATE INDEX webhook_delivery_pending_idx ON kiavi.webhook_delivery (endpoint, position) WHERE state = 'pending';
CREATE INDEX webhook_delivery_created_at_idx ON kiavi.webhook_delivery (created_at);

CREATE TABLE kiavi.webhook_attempt (
  delivery bigint NOT NULL REFERENCES kiavi.webhook_delivery (position) ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  -- NULL when no answer came.
  status integer,
  duration_ms integer NOT NULL,
  -- What was in the way of an answer.
  fault text,
  -- The first bytes of the answer's body.
  answer text
);
CREATE INDEX webhook_attempt_delivery_idx ON kiavi.webhook_attempt (delivery);

-- How an endpoint of the settings does. One that fails is left alone until `next_attempt_at`, with all that waits for
-- it. `leased_by` is the one process that sends to it.
CREATE TABLE kiavi.webhook_endpoint (
  id text PRIMARY KEY,
  url text NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  leased_by text,
  leased_until timestamptz,
  disabled_at timestamptz,
  disabled_because text
);
