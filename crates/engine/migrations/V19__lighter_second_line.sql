-- The second line, lighter: what every sign-in pays for it is one look at its session's row. Until now each event told its
-- number to a setting, by a trigger of its own, and each changed row read the events between two such numbers: 100 µs of a
-- sign-in by passkey that takes 550. Now a changed row goes back from the log's last number, and finds its event at once.

DROP TRIGGER kiavi_note ON kiavi.audit_event;
DROP FUNCTION kiavi.audit_note();

-- Which columns are not as they were.
CREATE FUNCTION kiavi.audit_columns(before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
  SELECT array_agg(o.key ORDER BY o.key)
  FROM jsonb_each(before) o JOIN jsonb_each(after) n USING (key) WHERE o.value <> n.value
$$;
REVOKE ALL ON FUNCTION kiavi.audit_columns(jsonb, jsonb) FROM PUBLIC;

-- At COMMIT, for a row that has changed: nothing, if an event of this transaction explains it. One that was written in a
-- savepoint counts for none, and one that is sealed is of another transaction, whoever has touched its row since. Of many rows
-- that one transaction changes in one table the first is told.
--
-- It goes back over all events of its own, and over 256 numbers of others: between its own events and the last number is what
-- others have written meanwhile. What goes further back explains nothing, and the change is told. Times say nothing here: they
-- are of the clock of an engine.
--
-- No search_path is set, which would cost more than the rest, so every name, type and operator has its schema: whoever calls
-- this may have another path, and this runs as the owner.
CREATE OR REPLACE FUNCTION kiavi.audit_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  what pg_catalog.text := pg_catalog.concat(TG_TABLE_NAME, ' ', TG_OP);
  own pg_catalog.xid := pg_catalog.pg_current_xact_id()::pg_catalog.xid;
  number pg_catalog.int8 := pg_catalog.pg_sequence_last_value('kiavi.audit_event_seq_seq'::pg_catalog.regclass);
  others pg_catalog.int8 := 0;
  its_writer pg_catalog.xid;
  its_type pg_catalog.text;
  its_method pg_catalog.text;
BEGIN
  WHILE number OPERATOR(pg_catalog.>) 0 AND others OPERATOR(pg_catalog.<) 256 LOOP
    SELECT e.xmin, e.type, e.method INTO its_writer, its_type, its_method
    FROM kiavi.audit_event e WHERE e.seq OPERATOR(pg_catalog.=) number;
    IF its_writer OPERATOR(pg_catalog.=) own THEN
      PERFORM WHERE NOT EXISTS (SELECT FROM kiavi.audit_leaf l WHERE l.seq OPERATOR(pg_catalog.=) number)
        AND (its_type OPERATOR(pg_catalog.=) 'database.changed' AND its_method OPERATOR(pg_catalog.=) what
          OR EXISTS (SELECT FROM kiavi.audit_explanation x
            WHERE x.type OPERATOR(pg_catalog.=) its_type AND x.change OPERATOR(pg_catalog.=) what));
      IF FOUND THEN
        RETURN NULL;
      END IF;
    ELSE
      others := others OPERATOR(pg_catalog.+) 1;
    END IF;
    number := number OPERATOR(pg_catalog.-) 1;
  END LOOP;
  IF NOT EXISTS (SELECT FROM kiavi.audit_explanation) THEN
    -- An upgrade is under way: what this version explains is not there yet.
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
