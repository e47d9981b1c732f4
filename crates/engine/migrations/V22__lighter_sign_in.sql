-- The second line, lighter for those who sign in: most changes that it looks at are a session and the counter of a passkey, with
-- the event of that sign-in, and looking at both took 27 µs of a sign-in by passkey.
--
-- A new session finds that event by one query and nothing else (5 µs, where all that each event explains was an expression that
-- every transaction prepared anew). A passkey's counter that goes on is no longer looked at: nobody gains from it, and one who
-- was locked out by it is told so, and the log, at their next sign-in (`passkey.counter_regressed`). One that goes back is.

-- As before (`V20__one_look.sql` has the reasons), but for what triggers with an argument begin with: it says that the change is
-- one that a sign-in explains. The program's list of explanations says so, too.
CREATE OR REPLACE FUNCTION kiavi.audit_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  what pg_catalog.text;
  own pg_catalog.xid;
  number pg_catalog.int8;
  others pg_catalog.int8;
  its_writer pg_catalog.xid;
  its_type pg_catalog.text;
  its_method pg_catalog.text;
  is_untouched pg_catalog.bool;
BEGIN
  BEGIN
    number := pg_catalog.currval('kiavi.audit_event_seq_seq'::pg_catalog.regclass);
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    -- This connection has written no event at all.
    number := 0;
  END;
  IF TG_NARGS OPERATOR(pg_catalog.>) 0 THEN
    PERFORM FROM kiavi.audit_event e WHERE e.seq OPERATOR(pg_catalog.=) number
      AND e.xmin OPERATOR(pg_catalog.=) pg_catalog.pg_current_xact_id()::pg_catalog.xid
      AND e.type OPERATOR(pg_catalog.=) 'session.created'
      AND e.actor OPERATOR(pg_catalog.=) e.subject AND e.ip_token IS NOT NULL;
    IF FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  what := pg_catalog.concat(TG_TABLE_NAME, ' ', TG_OP);
  own := pg_catalog.pg_current_xact_id()::pg_catalog.xid;
  others := 0;
  WHILE number OPERATOR(pg_catalog.>) 0 AND others OPERATOR(pg_catalog.<) 256 LOOP
    SELECT e.xmin, e.type, e.method, e.actor OPERATOR(pg_catalog.=) e.subject AND e.ip_token IS NOT NULL
    INTO its_writer, its_type, its_method, is_untouched
    FROM kiavi.audit_event e WHERE e.seq OPERATOR(pg_catalog.=) number;
    IF its_writer OPERATOR(pg_catalog.=) own THEN
      IF kiavi.audit_explains(its_type, what)
        OR its_type OPERATOR(pg_catalog.=) 'database.changed' AND its_method OPERATOR(pg_catalog.=) what
      THEN
        IF is_untouched THEN
          RETURN NULL;
        END IF;
        PERFORM FROM kiavi.audit_leaf l WHERE l.seq OPERATOR(pg_catalog.=) number;
        IF NOT FOUND THEN
          RETURN NULL;
        END IF;
      END IF;
    ELSE
      others := others OPERATOR(pg_catalog.+) 1;
    END IF;
    number := number OPERATOR(pg_catalog.-) 1;
  END LOOP;
  IF kiavi.audit_explains('', '') IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM kiavi.audit_tell(what,
    CASE WHEN TG_OP OPERATOR(pg_catalog.=) 'UPDATE'
      THEN kiavi.audit_columns(pg_catalog.to_jsonb(OLD), pg_catalog.to_jsonb(NEW)) END,
    CASE WHEN TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN OLD.id ELSE NEW.id END,
    CASE WHEN TG_OP OPERATOR(pg_catalog.<>) 'INSERT' THEN OLD::pg_catalog.text END,
    CASE WHEN TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN NEW::pg_catalog.text END);
  RETURN NULL;
END $$;

DROP TRIGGER kiavi_inserted ON public.session;
CREATE CONSTRAINT TRIGGER kiavi_inserted AFTER INSERT ON public.session DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_changed('a sign-in');
-- A condition of a trigger is kept as a text, which each statement that could fire it reads anew (5 µs of each sign-in); the columns
-- of a trigger are compared before. So what a sign-in mostly changes is named by no trigger that it would fire.
DROP TRIGGER kiavi_updated ON public.passkey;
CREATE CONSTRAINT TRIGGER kiavi_updated
  AFTER UPDATE OF id, name, "publicKey", "userId", "credentialID", "deviceType", "backedUp", transports, "createdAt", aaguid
  ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_counted AFTER UPDATE OF counter ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.counter < OLD.counter) EXECUTE FUNCTION kiavi.audit_changed();

-- As before (`V14__audit_retention_and_streams.sql`), and a running engine hears of the event, as it does of the auditor's others.
CREATE OR REPLACE FUNCTION kiavi.audit_prune(until bigint, note text, event uuid, body bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  due record;
BEGIN
  SELECT * INTO due FROM kiavi.audit_prunable();
  IF audit_prune.until <= due.since OR audit_prune.until > due.until OR audit_prune.until % 256 <> 0 THEN
    RAISE EXCEPTION 'not too old to be kept' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO kiavi.audit_pruning (until, note) VALUES (audit_prune.until, audit_prune.note);
  INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, body)
  VALUES (event, now(), 'log.pruned', 'success', 'auditor', audit_prune.body);
  PERFORM FROM kiavi.audit_event e JOIN kiavi.audit_leaf l USING (seq)
  WHERE l.index < audit_prune.until FOR UPDATE OF e NOWAIT;
  DELETE FROM kiavi.audit_event e USING kiavi.audit_leaf l WHERE l.index < audit_prune.until AND e.seq = l.seq;
  DELETE FROM kiavi.audit_leaf l WHERE l.index < audit_prune.until;
  PERFORM pg_notify('kiavi_change', event::text);
END $$;
