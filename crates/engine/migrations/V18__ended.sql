-- What has ended of people's, for the control plane, which takes it out of here within seconds and keeps a keyed hash of
-- it: an archive of before brings it back, and there it has to end again. Written whoever ends it, and however.
CREATE TABLE kiavi.ended (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- user, account, passkey, apikey: it was removed. apikey_off, apikey_on: it was switched.
  kind text NOT NULL,
  id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION kiavi.note_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO kiavi.ended (kind, id) SELECT TG_TABLE_NAME, id FROM gone;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.note_ended() FROM PUBLIC;
CREATE TRIGGER kiavi_note_ended AFTER DELETE ON public."user" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION kiavi.note_ended();
CREATE TRIGGER kiavi_note_ended AFTER DELETE ON public.account REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION kiavi.note_ended();
CREATE TRIGGER kiavi_note_ended AFTER DELETE ON public.passkey REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION kiavi.note_ended();
CREATE TRIGGER kiavi_note_ended AFTER DELETE ON public.apikey REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION kiavi.note_ended();

CREATE FUNCTION kiavi.note_switched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO kiavi.ended (kind, id) VALUES (CASE WHEN NEW.enabled IS FALSE THEN 'apikey_off' ELSE 'apikey_on' END, NEW.id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION kiavi.note_switched() FROM PUBLIC;
-- A use of a key sets other columns, and costs nothing more.
CREATE TRIGGER kiavi_note_switched AFTER UPDATE OF enabled ON public.apikey
  FOR EACH ROW WHEN ((OLD.enabled IS FALSE) IS DISTINCT FROM (NEW.enabled IS FALSE))
  EXECUTE FUNCTION kiavi.note_switched();
