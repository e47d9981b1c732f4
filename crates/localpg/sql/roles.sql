DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kiavi_control') THEN
        CREATE ROLE kiavi_control LOGIN CREATEDB CREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kiavi_auditor') THEN
        CREATE ROLE kiavi_auditor LOGIN CONNECTION LIMIT 80;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kiavi_tenants') THEN
        CREATE ROLE kiavi_tenants NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kiavi_owners') THEN
        CREATE ROLE kiavi_owners NOLOGIN;
    END IF;
    -- Since version 16 CREATEROLE alone does not allow to add members to a role that another has made. The
    -- statement is text, because version 15 could not parse it.
    IF current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE 'GRANT kiavi_tenants, kiavi_owners TO kiavi_control WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
    END IF;
END
$$;
-- Control ends sessions of tenants that last too long, and has to see which do.
GRANT pg_signal_backend, pg_read_all_stats TO kiavi_control;
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
