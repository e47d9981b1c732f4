-- What PUBLIC loses, kiavi_control keeps: it provisions, inspects and dumps. kiavi_owners, which nobody logs in
-- as, keeps what psql and pg_dump read.
DO $$
DECLARE
    target record;
BEGIN
    -- Catalogs that all databases share, and views that show other databases' names, sessions or traffic.
    FOR target IN
        SELECT c.oid::regclass AS name,
               EXISTS (SELECT FROM aclexplode(c.relacl) AS acl WHERE acl.grantee = 0) AS is_public
        FROM pg_class AS c
        WHERE c.relnamespace = 'pg_catalog'::regnamespace
          AND c.relkind IN ('r', 'v')
          AND (c.relisshared
               OR c.relname LIKE 'pg\_stat%'
               OR c.relname IN ('pg_roles', 'pg_user', 'pg_group', 'pg_locks', 'pg_prepared_xacts',
                                'pg_replication_slots', 'pg_largeobject', 'pg_largeobject_metadata'))
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', target.name);
        IF target.is_public THEN
            EXECUTE format('GRANT SELECT ON %s TO kiavi_control, kiavi_owners', target.name);
        END IF;
    END LOOP;

    -- Functions behind those views; positions in the log that all databases share; names of roles and
    -- databases by their number; large objects and messages, which escape every limit on tables.
    FOR target IN
        SELECT p.oid::regprocedure AS name
        FROM pg_proc AS p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND p.prokind = 'f'
          AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) AS acl WHERE acl.grantee = 0))
          AND (p.proname LIKE ANY (ARRAY['pg\_stat\_%', 'pg\_current\_wal\_%', 'pg\_last\_%', 'pg\_walfile\_%',
                                         'pg\_wal\_%', 'pg\_tablespace\_%', 'pg\_get\_replication\_%',
                                         'pg\_logical\_%', 'pg\_replication\_%', 'lo\_%'])
               OR p.proname IN ('loread', 'lowrite', 'pg_get_userbyid', 'pg_describe_object', 'pg_identify_object',
                                'pg_identify_object_as_address', 'pg_get_object_address', 'to_regrole',
                                'makeaclitem', 'shobj_description', 'pg_database_size', 'has_database_privilege',
                                'pg_lock_status', 'pg_prepared_xact', 'pg_blocking_pids',
                                'pg_safe_snapshot_blocking_pids', 'pg_cancel_backend', 'pg_terminate_backend',
                                'pg_show_replication_origin_status', 'pg_export_snapshot'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', target.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kiavi_control', target.name);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION pg_get_userbyid(oid), shobj_description(oid, name), pg_database_size(name),
    pg_describe_object(oid, oid, integer) TO kiavi_owners;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
