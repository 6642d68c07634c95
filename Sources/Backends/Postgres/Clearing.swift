/// The statement that empties schemas before a restore.
enum Clearing {
    /// Drops tables, views, sequences, routines and types, but nothing that belongs to an extension.
    ///
    /// What lies in other schemas may depend on them, such as a report's view, and no dump of these schemas has it.
    /// CASCADE would drop it without a word, so the statement fails where anything out there is gone afterwards, and names
    /// it; with it the restore's transaction fails, and the database is as it was.
    static func statement(of schemas: [String]) -> String {
        """
        DO $clearing$
        DECLARE
          schemas CONSTANT text[] := ARRAY[\(schemas.map(\.sqlLiteral).joined(separator: ", "))];
          elsewhere text[];
          thing text;
          lost text;
        BEGIN
          PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
          elsewhere := ARRAY(\(elsewhere));
          FOREACH thing IN ARRAY ARRAY(\(things)) LOOP EXECUTE format('DROP %s CASCADE', thing); END LOOP;
          SELECT string_agg(one, ', ' ORDER BY one) INTO lost FROM unnest(elsewhere) one
            WHERE one <> ALL (ARRAY(\(elsewhere)));
          IF lost IS NOT NULL THEN
            RAISE EXCEPTION 'it depends on what the backup replaces, but is not in the backup: %; drop it, and make it again afterwards', lost;
          END IF;
        END $clearing$
        """
    }

    /// Everything to drop, each as DROP wants it. What another one has taken along is skipped by IF EXISTS.
    private static let things = """
        SELECT format('%s IF EXISTS %I.%I', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
              WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, nspname, relname)
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          WHERE nspname = ANY (schemas) AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            AND \(isOwn("pg_class", "c.oid"))
        UNION ALL SELECT format('ROUTINE IF EXISTS %s', p.oid::regprocedure)
          FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
          WHERE nspname = ANY (schemas) AND \(isOwn("pg_proc", "p.oid"))
        UNION ALL SELECT format('TYPE IF EXISTS %I.%I', nspname, typname)
          FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace LEFT JOIN pg_class c ON c.oid = typrelid
          WHERE nspname = ANY (schemas) AND (typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
            AND \(isOwn("pg_type", "t.oid"))
        """

    /// Not of an extension, and not a part of something else.
    private static func isOwn(_ catalog: String, _ object: String) -> String {
        """
        NOT EXISTS (SELECT FROM pg_depend
          WHERE classid = '\(catalog)'::regclass AND objid = \(object) AND deptype IN ('e', 'i'))
        """
    }

    /// What other schemas hold that a CASCADE could take: relations, columns, constraints, defaults, triggers, routines.
    private static let elsewhere = """
        WITH outside AS (SELECT oid FROM pg_namespace
            WHERE nspname <> ALL (schemas) AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
          relations AS (SELECT c.oid, c.oid::regclass AS name FROM pg_class c
            WHERE relnamespace IN (SELECT oid FROM outside) AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f'))
        SELECT name::text FROM relations
        UNION ALL SELECT format('column %I of %s', attname, name) FROM relations r JOIN pg_attribute ON attrelid = r.oid
          WHERE attnum > 0 AND NOT attisdropped
        UNION ALL SELECT format('constraint %I of %s', conname, name) FROM relations r JOIN pg_constraint ON conrelid = r.oid
        UNION ALL SELECT format('the default of column %s of %s', adnum, name) FROM relations r JOIN pg_attrdef ON adrelid = r.oid
        UNION ALL SELECT format('trigger %I of %s', tgname, name) FROM relations r JOIN pg_trigger ON tgrelid = r.oid
          WHERE NOT tgisinternal
        UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace IN (SELECT oid FROM outside)
        """
}
