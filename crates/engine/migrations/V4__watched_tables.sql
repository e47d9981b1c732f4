-- An engine keeps sessions in memory while it is the one writer (kiavi-db, writer). Whoever else changes these
-- tables (a second engine, an administrator, a migration, another program) tells it; its own statements, which
-- have the setting on, do not.
CREATE FUNCTION kiavi.tell_writer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_notify('kiavi_change', '');
  RETURN NULL;
END $$;

CREATE TRIGGER kiavi_tell_writer AFTER UPDATE OR DELETE OR TRUNCATE ON public.session FOR EACH STATEMENT
  WHEN (current_setting('kiavi.writer', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION kiavi.tell_writer();
CREATE TRIGGER kiavi_tell_writer AFTER UPDATE OR DELETE OR TRUNCATE ON public."user" FOR EACH STATEMENT
  WHEN (current_setting('kiavi.writer', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION kiavi.tell_writer();
