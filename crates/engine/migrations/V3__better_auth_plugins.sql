-- The tables of Better Auth's plugins jwt and api-key, as its own migration makes them.
CREATE TABLE public.jwks (
  id text PRIMARY KEY,
  "publicKey" text NOT NULL,
  "privateKey" text NOT NULL,
  "createdAt" timestamptz NOT NULL,
  "expiresAt" timestamptz,
  alg text,
  crv text
);

CREATE TABLE public.apikey (
  id text PRIMARY KEY,
  "configId" text NOT NULL,
  name text,
  start text,
  "referenceId" text NOT NULL,
  prefix text,
  key text NOT NULL,
  "refillInterval" integer,
  "refillAmount" integer,
  "lastRefillAt" timestamptz,
  enabled boolean,
  "rateLimitEnabled" boolean,
  "rateLimitTimeWindow" integer,
  "rateLimitMax" integer,
  "requestCount" integer,
  remaining integer,
  "lastRequest" timestamptz,
  "expiresAt" timestamptz,
  "createdAt" timestamptz NOT NULL,
  "updatedAt" timestamptz NOT NULL,
  permissions text,
  metadata text
);
CREATE INDEX "apikey_configId_idx" ON public.apikey ("configId");
CREATE INDEX "apikey_referenceId_idx" ON public.apikey ("referenceId");
CREATE INDEX apikey_key_idx ON public.apikey (key);
