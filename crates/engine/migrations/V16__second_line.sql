-- The second line: who may come in is in a few tables, and whoever changes these leaves an event. The engine writes what
-- happened, in the transaction of the change; what else changes them (a statement by hand, another program, code that
-- runs in an engine and is not its own) is told by these triggers, in the same transaction, as `database.changed`.
--
-- What that costs the engine's own changes: no statement, no round trip and no row. Each event adds its number to a setting;
-- each changed row is looked at once, at COMMIT, which reads the events of the transaction by their numbers, so what it has
-- just written, and what they explain from a table of one page: 40 µs a row. A sign-in by code has one event and one such
-- row, the first of somebody new two of each; one by passkey has one event, one row for the session and one where the passkey
-- counts. What requests do that sign nobody in or out, a session's renewal and an API key's use, touches none of this.

-- Which events explain a change of which table, as this version of the program has it: each upgrade of the tables writes it.
CREATE TABLE kiavi.audit_explanation (
  type text,
  -- The table, and what is done to it: `session INSERT`.
  change text,
  PRIMARY KEY (type, change)
);

-- Tells the transaction the numbers of its first and last event. Anybody could write anything there: what is between them is
-- looked at.
CREATE FUNCTION kiavi.audit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  noted text := pg_catalog.current_setting('kiavi.noted', true);
BEGIN
  PERFORM pg_catalog.set_config('kiavi.noted', CASE
    WHEN noted IS NULL OR noted = '' THEN pg_catalog.concat(NEW.seq, '-', NEW.seq)
    ELSE pg_catalog.concat(pg_catalog.split_part(noted, '-', 1), '-', NEW.seq) END, true);
  RETURN NULL;
END $$;
CREATE TRIGGER kiavi_note AFTER INSERT ON kiavi.audit_event FOR EACH ROW EXECUTE FUNCTION kiavi.audit_note();

-- Writes the event: CBOR (RFC 8949 §3) of ["kiavi-audit/0", JSON], without anything of a person's. Rows are named by a
-- hash of their id, which is random, and told by hashes of their whole text, in which the id is.
CREATE FUNCTION kiavi.audit_tell(change text, columns text[], id text, before text, after text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
  milliseconds bigint := (extract(epoch FROM at) * 1000)::bigint;
  random text := encode(uuid_send(gen_random_uuid()), 'hex');
  -- RFC 9562 §5.7.
  event uuid := (lpad(to_hex(milliseconds), 12, '0') || '7' || substring(random FROM 14))::uuid;
  told bytea;
BEGIN
  told := convert_to(jsonb_build_object(
    'id', event, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'type', 'database.changed',
    'outcome', 'success', 'actor', 'database', 'detail', jsonb_build_object(
      'change', change, 'columns', columns, 'role', session_user,
      'row', left(encode(sha256(convert_to(id, 'UTF8')), 'hex'), 32),
      'before', left(encode(sha256(convert_to(before, 'UTF8')), 'hex'), 32),
      'after', left(encode(sha256(convert_to(after, 'UTF8')), 'hex'), 32)))::text, 'UTF8');
  INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, method, body)
  VALUES (event, at, 'database.changed', 'success', 'database', change,
    '\x826d6b696176692d61756469742f30'::bytea || '\x79'::bytea
      || substring(int4send(octet_length(told)) FROM 3) || told);
  -- A running engine hears of it, shows it to whoever watches the log, and has it sealed at once.
  PERFORM pg_notify('kiavi_change', event::text);
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_tell(text, text[], text, text, text) FROM PUBLIC;

-- At COMMIT, for a row that has changed: nothing, if an event of this transaction explains it. One that was written in a
-- savepoint counts for none, and one that is sealed is of another transaction, whoever has touched its row since. Of many rows
-- that one transaction changes in one table the first is told.
CREATE FUNCTION kiavi.audit_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  what text := TG_TABLE_NAME || ' ' || TG_OP;
  noted text := nullif(current_setting('kiavi.noted', true), '');
  columns text[];
BEGIN
  IF noted IS NOT NULL AND EXISTS (
    SELECT FROM kiavi.audit_event e
    WHERE e.seq BETWEEN split_part(noted, '-', 1)::bigint AND split_part(noted, '-', 2)::bigint
      AND e.xmin = pg_current_xact_id()::xid
      AND (e.type = 'database.changed' AND e.method = what
        OR EXISTS (SELECT FROM kiavi.audit_explanation x WHERE x.type = e.type AND x.change = what))
      AND NOT EXISTS (SELECT FROM kiavi.audit_leaf l WHERE l.seq = e.seq)) THEN
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT FROM kiavi.audit_explanation) THEN
    -- An upgrade is under way: what this version explains is not there yet.
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT array_agg(o.key ORDER BY o.key) INTO columns
    FROM jsonb_each(to_jsonb(OLD)) o JOIN jsonb_each(to_jsonb(NEW)) n USING (key) WHERE o.value <> n.value;
  END IF;
  PERFORM kiavi.audit_tell(what, columns, CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END,
    CASE WHEN TG_OP <> 'INSERT' THEN OLD::text END, CASE WHEN TG_OP <> 'DELETE' THEN NEW::text END);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_changed() FROM PUBLIC;

-- Nothing of the engine empties a table.
CREATE FUNCTION kiavi.audit_emptied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM kiavi.audit_tell(TG_TABLE_NAME || ' ' || TG_OP, NULL, NULL, NULL, NULL);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_emptied() FROM PUBLIC;

-- What nobody gains from is no change: a session or key that has expired goes, a counter goes on, a session is used, tokens
-- of a provider are renewed.
CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public."user" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public."user" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public."user" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();

CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.session DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public.session DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.id, OLD.token, OLD."createdAt", OLD."ipAddress", OLD."userAgent", OLD."userId", OLD."impersonatedBy")
    IS DISTINCT FROM (NEW.id, NEW.token, NEW."createdAt", NEW."ipAddress", NEW."userAgent", NEW."userId", NEW."impersonatedBy"))
  EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public.session DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD."expiresAt" > now()) EXECUTE FUNCTION kiavi.audit_changed();

CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.account DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public.account DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.id, OLD."accountId", OLD."providerId", OLD."userId", OLD.password)
    IS DISTINCT FROM (NEW.id, NEW."accountId", NEW."providerId", NEW."userId", NEW.password))
  EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public.account DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();

CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();

CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.apikey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
-- Not the counters of uses. Fields that bound them are.
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public.apikey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.id, OLD.name, OLD."configId", OLD."referenceId", OLD.key, OLD.enabled, OLD."expiresAt", OLD.permissions,
      OLD.metadata, OLD."refillInterval", OLD."refillAmount", OLD."rateLimitEnabled", OLD."rateLimitTimeWindow", OLD."rateLimitMax")
    IS DISTINCT FROM (NEW.id, NEW.name, NEW."configId", NEW."referenceId", NEW.key, NEW.enabled, NEW."expiresAt", NEW.permissions,
      NEW.metadata, NEW."refillInterval", NEW."refillAmount", NEW."rateLimitEnabled", NEW."rateLimitTimeWindow", NEW."rateLimitMax"))
  EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public.apikey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD."expiresAt" IS NULL OR OLD."expiresAt" > now()) EXECUTE FUNCTION kiavi.audit_changed();

CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.jwks DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_updated AFTER UPDATE ON public.jwks DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_deleted AFTER DELETE ON public.jwks DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD."expiresAt" IS NULL OR OLD."expiresAt" > now()) EXECUTE FUNCTION kiavi.audit_changed();

DO $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['"user"', 'session', 'account', 'passkey', 'apikey', 'jwks'] LOOP
    EXECUTE format('CREATE TRIGGER kiavi_emptied AFTER TRUNCATE ON public.%s FOR EACH STATEMENT
      EXECUTE FUNCTION kiavi.audit_emptied()', place);
  END LOOP;
END $$;

-- What failed, of all types: few events, so few entries. By type it has an index already.
CREATE INDEX audit_event_failure_idx ON kiavi.audit_event (id) WHERE outcome = 'failure';
-- An id of a request tells its time, by which its events are found. Those of before did not: a new event has no entry here.
CREATE INDEX audit_event_request_idx ON kiavi.audit_event (request_id, id) WHERE substr(request_id, 13, 1) <> '7';
