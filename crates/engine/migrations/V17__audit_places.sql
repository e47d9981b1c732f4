-- Where the request of an event came from, and with what: keyed hashes, for questions. They are of an event whose address
-- may be known, and go with it.
ALTER TABLE kiavi.audit_event
  ADD COLUMN country_token bigint,
  ADD COLUMN network_token bigint,
  ADD COLUMN device_tokens bigint[];

-- Few events are from where it is asked for. What they came with is looked at row by row: hardly anything is rare there.
CREATE INDEX audit_event_country_idx ON kiavi.audit_event (country_token, id) WHERE country_token IS NOT NULL;
CREATE INDEX audit_event_network_idx ON kiavi.audit_event (network_token, id) WHERE network_token IS NOT NULL;

-- Between an event that names somebody and their being forgotten, one waits for the other. Until now it was by a lock on the
-- row of their key, which is written into the row and cost more than the event itself (65 µs beside 45); an advisory lock is
-- kept in memory (10 µs). Where the hashes of two names are the same, one waits in vain, and nothing else.

-- Those of `names` whom the log does not know (any more). Whom it knows stays known until this transaction ends, and who is
-- just being forgotten is waited for. Each statement of a volatile function sees what was committed before it began
-- (PostgreSQL manual, 38.7), so the second sees the work of whom the first has waited for.
CREATE OR REPLACE FUNCTION kiavi.audit_gone(names text[]) RETURNS text[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  gone text[] := '{}';
  name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended(pg_catalog.concat('audit ', name), 0));
    PERFORM FROM kiavi.audit_subject s WHERE s.user_id OPERATOR(pg_catalog.=) name;
    IF NOT FOUND THEN
      gone := gone OPERATOR(pg_catalog.||) name;
    END IF;
  END LOOP;
  RETURN gone;
END $$;

-- As before, behind that lock, and of those events whose address is forgotten the rest, too.
CREATE OR REPLACE FUNCTION kiavi.audit_forget(person text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  known uuid;
  reference text;
  day date;
BEGIN
  IF starts_with(person, 'log:') THEN
    RAISE EXCEPTION 'the log''s own key is nobody''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(concat('audit ', person), 0));
  UPDATE kiavi.audit_subject SET user_id = NULL, key = NULL, erased_at = now()
  WHERE user_id = person RETURNING id INTO known;
  IF starts_with(person, 'visitor:') THEN
    day := substring(person FROM 9)::date;
    UPDATE kiavi.audit_event SET ip_token = NULL, country_token = NULL, network_token = NULL, device_tokens = NULL
    WHERE id >= rpad(lpad(to_hex((extract(epoch FROM day) * 1000)::bigint), 12, '0'), 32, '0')::uuid
      AND id < rpad(lpad(to_hex((extract(epoch FROM day + 1) * 1000)::bigint), 12, '0'), 32, '0')::uuid
      AND ip_token IS NOT NULL AND (actor IS NULL OR starts_with(actor, 'operator:'))
      AND (subject IS NULL OR starts_with(subject, 'address:'));
    RETURN known IS NOT NULL;
  END IF;
  IF known IS NOT NULL THEN
    reference := 'user:' || rtrim(translate(encode(uuid_send(known), 'base64'), '+/', '-_'), '=');
  END IF;
  -- Somebody else's request stays in the index; of all others the query finds no row, and they become NULL.
  UPDATE kiavi.audit_event SET subject = reference,
    actor = CASE WHEN actor = person THEN reference ELSE actor END,
    (ip_token, country_token, network_token, device_tokens) = (
      SELECT ip_token, country_token, network_token, device_tokens
      WHERE actor <> person AND NOT starts_with(actor, 'operator:'))
  WHERE subject = person;
  UPDATE kiavi.audit_event
  SET actor = reference, ip_token = NULL, country_token = NULL, network_token = NULL, device_tokens = NULL
  WHERE actor = person AND actor IS DISTINCT FROM subject;
  RETURN known IS NOT NULL;
END $$;
