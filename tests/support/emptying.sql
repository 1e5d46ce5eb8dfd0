-- A database that can be made again what its template was, quickly. Its own schema: the registry's is `public`.
CREATE SCHEMA emptying;
CREATE TABLE emptying.changed (command text);

-- What the template holds: rows of few tables, sequences that were used.
CREATE TABLE emptying.sequence AS
    SELECT format('%I.%I', schemaname, sequencename)::regclass AS name, start_value, last_value
    FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE
    one record;
    filled boolean;
BEGIN
    CREATE TABLE emptying.kept (name regclass, copy regclass);
    FOR one IN SELECT c.oid::regclass AS name, c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE emptying.%I AS SELECT * FROM %s', 'kept_' || one.relname, one.name);
            INSERT INTO emptying.kept VALUES (one.name, format('emptying.%I', 'kept_' || one.relname)::regclass);
        END IF;
    END LOOP;
END $$;

-- True: it is as the template. False: tables were changed, only a new copy helps.
CREATE FUNCTION emptying.empty() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    IF EXISTS (SELECT FROM emptying.changed) THEN
        RETURN false;
    END IF;
    SET LOCAL lock_timeout = '10s';
    SET LOCAL session_replication_role = replica;  -- no trigger and no foreign key: all of it goes
    FOR one IN SELECT c.oid::regclass AS name, pg_relation_size(c.oid) AS size FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
        ORDER BY size DESC
    LOOP
        IF one.size > 262144 THEN
            EXECUTE format('TRUNCATE %s CASCADE', one.name);
        ELSE
            EXECUTE format('DELETE FROM %s', one.name);
        END IF;
    END LOOP;
    FOR one IN SELECT name, copy FROM emptying.kept LOOP
        EXECUTE format('INSERT INTO %s SELECT * FROM %s', one.name, one.copy);
    END LOOP;
    PERFORM setval(s.name, coalesce(s.last_value, s.start_value), s.last_value IS NOT NULL)
        FROM emptying.sequence s JOIN pg_sequences now ON format('%I.%I', now.schemaname, now.sequencename)::regclass = s.name
        WHERE now.last_value IS DISTINCT FROM s.last_value;
    RETURN true;
END $$;

CREATE FUNCTION emptying.note_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp') THEN
        INSERT INTO emptying.changed VALUES (tg_tag);
    END IF;
END $$;
CREATE FUNCTION emptying.note_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary) THEN
        INSERT INTO emptying.changed VALUES (tg_tag);
    END IF;
END $$;
CREATE EVENT TRIGGER note_ddl ON ddl_command_end EXECUTE FUNCTION emptying.note_ddl();
CREATE EVENT TRIGGER note_drop ON sql_drop EXECUTE FUNCTION emptying.note_drop();
