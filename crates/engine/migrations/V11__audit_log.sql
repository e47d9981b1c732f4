-- The people whom the log is about. What an event says of somebody's person is sealed under their key, so the end of the
-- key is the end of the text, in every event at once, and no event changes. `id` stands for the person in events.
-- Kept out of backups that live long: a copy of a key is a copy of what it opens.
--
-- Two kinds of rows are nobody's: `log:key`, whose key wraps all others and is wrapped by the tenant's secret, and
-- `visitor:YYYY-MM-DD`, a day's requests of those who have no account.
CREATE TABLE kiavi.audit_subject (
  id uuid PRIMARY KEY,
  -- NULL once erased.
  user_id text UNIQUE,
  -- Wrapped; NULL once erased.
  key bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  erased_at timestamptz
);

-- Days of visitors are looked through for those that are over.
CREATE INDEX audit_subject_visitor_idx ON kiavi.audit_subject (created_at) WHERE starts_with(user_id, 'visitor:');

-- `seq`, `id` and `body` are the log: what is sealed is `body`. Everything else is an index of it, for questions: who
-- and whom by their user ids while they are known, and a keyed hash of the address that a request came from.
CREATE TABLE kiavi.audit_event_sealed (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  request_id text,
  actor text,
  subject text,
  method text,
  ip_token bytea,
  body bytea NOT NULL
);

-- Events of before: CBOR (RFC 8949 §3) of ["kiavi-audit/0", JSON of the row], without what was personal in the row. An
-- entry of a log has at most 65,535 bytes; facts that have more are left out.
INSERT INTO kiavi.audit_event_sealed (id, at, type, outcome, request_id, actor, subject, method, body)
SELECT e.id, e.at, e.type, e.outcome, e.request_id, e.actor, e.subject, e.method,
  '\x826d6b696176692d61756469742f30'::bytea || CASE
    WHEN length < 24 THEN set_byte('\x60'::bytea, 0, 96 + length)
    WHEN length < 256 THEN '\x78'::bytea || substring(int4send(length) FROM 4)
    ELSE '\x79'::bytea || substring(int4send(length) FROM 3)
  END || json
FROM kiavi.audit_event e
CROSS JOIN LATERAL (
  SELECT jsonb_build_object(
    'id', e.id, 'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'type', e.type,
    'outcome', e.outcome, 'request_id', e.request_id, 'actor', e.actor, 'subject', e.subject, 'method', e.method) AS row
) named
CROSS JOIN LATERAL (
  SELECT convert_to((named.row || jsonb_build_object('detail', CASE
    WHEN octet_length(e.detail::text) > 60000 THEN '{"omitted": true}'::jsonb ELSE e.detail END))::text, 'UTF8') AS json
) told
CROSS JOIN LATERAL (SELECT octet_length(json) AS length) measured
ORDER BY e.id;

DROP TABLE kiavi.audit_event;
ALTER TABLE kiavi.audit_event_sealed RENAME TO audit_event;
ALTER TABLE kiavi.audit_event RENAME CONSTRAINT audit_event_sealed_seq_key TO audit_event_seq_key;
ALTER SEQUENCE kiavi.audit_event_sealed_seq_seq RENAME TO audit_event_seq_seq;
ALTER TABLE kiavi.audit_event ADD PRIMARY KEY (id);

-- Ids are in the order of time, so each of these has its newest events at one end: a page is as many steps as it has
-- rows. Types with a wildcard are looked up one by one.
CREATE INDEX audit_event_type_idx ON kiavi.audit_event (type, outcome, id);
CREATE INDEX audit_event_subject_idx ON kiavi.audit_event (subject, id) WHERE subject IS NOT NULL;
-- Most events are about who did them, and are found by the index above.
CREATE INDEX audit_event_actor_idx ON kiavi.audit_event (actor, id)
  WHERE actor IS NOT NULL AND actor IS DISTINCT FROM subject;
CREATE INDEX audit_event_ip_idx ON kiavi.audit_event (ip_token, id) WHERE ip_token IS NOT NULL;

-- Forgets somebody: their key and who they were, then where the index still names them. Bodies stay, to the byte. Whether
-- there was anybody. The index of their addresses goes where the request was theirs: an administrator's stays.
CREATE FUNCTION kiavi.audit_forget(person text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  known uuid;
  reference text;
  day date;
BEGIN
  IF starts_with(person, 'log:') THEN
    RAISE EXCEPTION 'the log''s own key is nobody''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE kiavi.audit_subject SET user_id = NULL, key = NULL, erased_at = now()
  WHERE user_id = person RETURNING id INTO known;
  IF starts_with(person, 'visitor:') THEN
    day := substring(person FROM 9)::date;
    UPDATE kiavi.audit_event SET ip_token = NULL
    WHERE id >= rpad(lpad(to_hex((extract(epoch FROM day) * 1000)::bigint), 12, '0'), 32, '0')::uuid
      AND id < rpad(lpad(to_hex((extract(epoch FROM day + 1) * 1000)::bigint), 12, '0'), 32, '0')::uuid
      AND ip_token IS NOT NULL AND (actor IS NULL OR starts_with(actor, 'operator:'))
      AND (subject IS NULL OR starts_with(subject, 'address:'));
    RETURN known IS NOT NULL;
  END IF;
  IF known IS NOT NULL THEN
    reference := 'user:' || rtrim(translate(encode(uuid_send(known), 'base64'), '+/', '-_'), '=');
  END IF;
  UPDATE kiavi.audit_event SET subject = reference,
    actor = CASE WHEN actor = person THEN reference ELSE actor END,
    ip_token = CASE WHEN actor IS NULL OR actor = person OR starts_with(actor, 'operator:') THEN NULL ELSE ip_token END
  WHERE subject = person;
  UPDATE kiavi.audit_event SET actor = reference, ip_token = NULL
  WHERE actor = person AND actor IS DISTINCT FROM subject;
  RETURN known IS NOT NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_forget(text) FROM PUBLIC;

-- Whoever deletes a user, and however: with the user goes their key. At the end of the transaction, so that it covers
-- what the transaction itself says of them.
CREATE FUNCTION kiavi.audit_forget_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM kiavi.audit_forget(OLD.id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_forget_deleted() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER kiavi_forget AFTER DELETE ON public."user" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_forget_deleted();
