-- A new session finds its event by that event's number, and by nothing else that an index could promise to answer.
--
-- A function's query is planned once for its connection, and a young log is small and has no statistics: the plan went through an
-- index of the log's types, looked at every sign-in there had been, and was kept while the log grew (at 10,000 events one look was
-- 1 ms). What else has to be true of the event is asked of the one that was found.

-- As before (`V22__lighter_sign_in.sql`), but for that.
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
    SELECT e.xmin OPERATOR(pg_catalog.=) pg_catalog.pg_current_xact_id()::pg_catalog.xid
      AND e.type OPERATOR(pg_catalog.=) 'session.created'
      AND e.actor OPERATOR(pg_catalog.=) e.subject AND e.ip_token IS NOT NULL
    INTO is_untouched FROM kiavi.audit_event e WHERE e.seq OPERATOR(pg_catalog.=) number;
    IF is_untouched THEN
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
