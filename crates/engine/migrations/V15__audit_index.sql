-- Those of `names` whom the log does not know (any more). Whom it knows stays known until this transaction ends: to forget
-- somebody is to change their key, which waits for the lock, and then clears what stands in the index by then; and who is
-- just being forgotten is waited for here. So no event that is written meanwhile names somebody in the index for good.
CREATE FUNCTION kiavi.audit_gone(names text[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  known text[];
BEGIN
  IF names = '{}' THEN
    RETURN names;
  END IF;
  known := array(SELECT user_id FROM kiavi.audit_subject WHERE user_id = ANY (names) ORDER BY user_id FOR KEY SHARE);
  RETURN array(SELECT name FROM unnest(names) AS name WHERE name <> ALL (known));
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_gone(text[]) FROM PUBLIC;
