import Glibc
import UpgradeCore
import Wire

/// Backups by PostgreSQL's own `pg_dump`, in its custom format, read back by `pg_restore`.
struct Dump {
    private let folder: String
    private let environment: [String: String]
    private let isInterrupted: @Sendable () -> Bool

    init(target: PostgresTarget, folder: String, isInterrupted: @escaping @Sendable () -> Bool) throws(Fault) {
        self.folder = folder
        self.isInterrupted = isInterrupted
        environment = try target.clientEnvironment()
    }

    /// Dumps these schemas; the file gets its name only when it has been read back. Returns its path and size.
    func make(named name: String, schemas: [String]) async throws(Fault) -> (path: String, bytes: Int) {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .backupFolder(folder, errno: errno) }
        let path = "\(folder)/\(name).dump"
        let partial = path + ".partial"
        let names = schemas.flatMap { ["--schema", $0.sqlIdentifier] }
        do throws(Fault) {
            _ = try await run("pg_dump", ["--format=custom", "--no-password", "--file", partial] + names)
            _ = try await run("pg_restore", ["--list", partial])
        } catch {
            unlink(partial)
            throw error
        }
        chmod(partial, 0o600)
        guard try FileSync.sync(partial), rename(partial, path) == 0, try FileSync.sync(folder) else {
            throw .backupFolder(folder, errno: errno)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .backupFolder(folder, errno: errno) }
        return (path, Int(status.st_size))
    }

    /// Puts the schemas back as the dump has them: everything in them is replaced, in one transaction.
    ///
    /// What the dump lacks must go too: a table that a migration has made would be in the way of the next one.
    /// Extensions and the schemas themselves stay, for they may need rights that the application has not.
    func restore(_ path: String, schemas: [String]) async throws(Fault) {
        guard access(path, R_OK) == 0 else { throw .backupUnreadable(path, errno: errno) }
        let stem = "\(folder)/restore-\(getpid())"
        let (list, script) = (stem + ".list", stem + ".sql")
        defer { for file in [list, script] { unlink(file) } }
        let entries = try await run("pg_restore", ["--list", path])
        let wanted = entries.split(separator: "\n").filter { !$0.contains(" SCHEMA - ") && !$0.contains(" EXTENSION ") }
        try FileSync.write(wanted.joined(separator: "\n") + "\n", to: list)
        _ = try await run("pg_restore", ["--use-list", list, "--no-owner", "--file", script, path])
        let clearing = schemas.map { "\(Dump.clearing($0));" }
        let arguments = clearing.flatMap { ["--command", $0] }
        _ = try await run(
            "psql",
            ["--no-psqlrc", "--quiet", "--no-password", "--set", "ON_ERROR_STOP=1", "--single-transaction"] + arguments
                + ["--file", script])
    }

    /// Drops what the application has in a schema, but nothing that belongs to an extension.
    private static func clearing(_ schema: String) -> String {
        """
        DO $clear$ DECLARE thing record; BEGIN
          FOR thing IN SELECT format('%s IF EXISTS %I.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, c.relname) AS name
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = \(schema.sqlLiteral) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i'))
          LOOP EXECUTE format('DROP %s CASCADE', thing.name); END LOOP;
        END $clear$
        """
    }

    private func run(_ tool: String, _ arguments: [String]) async throws(Fault) -> String {
        try await Tool.run(
            PostgresTools.path(of: tool), arguments, environment: environment, isInterrupted: isInterrupted)
    }
}
