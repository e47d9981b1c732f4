-- The second line, in one look: the row of a session or of a passkey finds its event by the number that its connection took
-- last, where it went back over what others had taken meanwhile; and what an event explains is a constant of this version of the
-- program, where it was a table. Under load that was as many queries for each row as there were sign-ins under way.

DROP TABLE kiavi.audit_explanation;

-- Whether an event of this type explains what is done to a table, `session INSERT`. Each upgrade of the tables puts its own
-- answers in this place; NULL means that it is still under way. Its body is parsed here and now (a standard one, not a text), so
-- no path of whoever calls it has a say in what its names mean.
CREATE FUNCTION kiavi.audit_explains(type text, change text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN NULL::pg_catalog.bool;
REVOKE ALL ON FUNCTION kiavi.audit_explains(text, text) FROM PUBLIC;

-- At COMMIT, for a row that has changed: nothing, if an event of this transaction explains it. One that was written in a
-- savepoint counts for none, and one that is sealed is of another transaction, whoever has touched its row since. Of many rows
-- that one transaction changes in one table the first is told.
--
-- It begins at the number that this connection took last, and goes back over all numbers of its own, and over 256 of others:
-- between its own events is what others have written meanwhile. What goes further back explains nothing, and the change is told.
-- Times say nothing here: they are of the clock of an engine. An event that somebody caused for themselves and that still says
-- from where has been touched by no erasure (`kiavi.audit_forget`), so nobody has to ask whether it is sealed.
--
-- Each query here asks for one row by a unique number, so no plan that is kept can become a bad one. No search_path is set, which
-- would cost more than the rest, so every name, type and operator has its schema: whoever calls this may have another path, and
-- this runs as the owner.
CREATE OR REPLACE FUNCTION kiavi.audit_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  what pg_catalog.text := pg_catalog.concat(TG_TABLE_NAME, ' ', TG_OP);
  own pg_catalog.xid := pg_catalog.pg_current_xact_id()::pg_catalog.xid;
  number pg_catalog.int8 := 0;
  others pg_catalog.int8 := 0;
  its_writer pg_catalog.xid;
  its_type pg_catalog.text;
  its_method pg_catalog.text;
  is_untouched pg_catalog.bool;
BEGIN
  BEGIN
    number := pg_catalog.currval('kiavi.audit_event_seq_seq'::pg_catalog.regclass);
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    -- This connection has written no event at all.
  END;
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
