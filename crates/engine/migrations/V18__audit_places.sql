-- Where the request of an event came from, and with what: keyed hashes, for questions. They are of an event whose address
-- may be known, and go with it.
ALTER TABLE kiavi.audit_event
  ADD COLUMN country_token bigint,
  ADD COLUMN network_token bigint,
  ADD COLUMN device_tokens bigint[];

-- Few events are from where it is asked for. What they came with is looked at row by row: hardly anything is rare there.
CREATE INDEX audit_event_country_idx ON kiavi.audit_event (country_token, id) WHERE country_token IS NOT NULL;
CREATE INDEX audit_event_network_idx ON kiavi.audit_event (network_token, id) WHERE network_token IS NOT NULL;

-- As before, and of those events whose address is forgotten the rest, too.
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
