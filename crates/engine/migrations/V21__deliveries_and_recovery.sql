-- Whose the letter is, as it is when it is written: what became of it is not noted under the address of somebody who has gone
-- meanwhile. NULL for whoever has no account.
ALTER TABLE kiavi.outbox ADD COLUMN user_id text;

-- What became of mails, for whoever is asked why one did not come: for 30 days, and not of more than the newest 100,000.
CREATE TABLE kiavi.mail_delivery (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The mail's own name, which is in its Message-ID.
  id text NOT NULL,
  -- What it says, by a stable name.
  letter text NOT NULL,
  -- NULL where its reader is gone.
  address text,
  user_id text,
  -- accepted, refused, suppressed, expired
  state text NOT NULL,
  attempts integer NOT NULL,
  fault text,
  -- The code of the server's reply (RFC 5321 4.2.1).
  reply smallint,
  owed_at timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_delivery_address_idx ON kiavi.mail_delivery (address) WHERE address IS NOT NULL;
CREATE INDEX mail_delivery_user_id_idx ON kiavi.mail_delivery (user_id) WHERE user_id IS NOT NULL;

-- Whoever deletes a user, and however: what they were sent goes with them.
CREATE FUNCTION kiavi.forget_deliveries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  DELETE FROM kiavi.mail_delivery d USING gone WHERE d.user_id = gone.id;
  DELETE FROM kiavi.mail_delivery d USING gone WHERE d.address = gone.email;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.forget_deliveries() FROM PUBLIC;
CREATE TRIGGER kiavi_forget_deliveries AFTER DELETE ON public."user" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION kiavi.forget_deliveries();

-- An address that somebody leaves stays theirs as far as this goes, so that it goes with them.
CREATE FUNCTION kiavi.keep_deliveries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE kiavi.mail_delivery SET user_id = OLD.id WHERE address = OLD.email AND user_id IS NULL;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.keep_deliveries() FROM PUBLIC;
CREATE TRIGGER kiavi_keep_deliveries AFTER UPDATE OF email ON public."user"
  FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION kiavi.keep_deliveries();

-- Who signed in by mail although they have passkeys, and when: for a while those of before are not theirs to remove. A
-- sign-in with one of them ends it.
CREATE TABLE kiavi.recovery (
  user_id text PRIMARY KEY REFERENCES public."user" (id) ON DELETE CASCADE,
  since timestamptz NOT NULL
);
