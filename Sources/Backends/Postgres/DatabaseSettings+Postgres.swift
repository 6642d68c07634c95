package import UpgradeCore
package import Wire

extension DatabaseSettings {
    /// The PostgreSQL that these settings lead to; throws `.refused` where they lead to another kind of database.
    package func postgres() throws(Fault) -> PostgresTarget {
        switch engine {
        case .postgres(let target): return target
        case .sqlite(let path): throw .databaseKind("SQLite (\(path))")
        case .mariadb: throw .databaseKind("MariaDB")
        case .other(let scheme): throw .databaseKind("`\(scheme)`")
        }
    }
}

extension Fault {
    fileprivate static func databaseKind(_ what: String) -> Fault {
        Fault(
            .refused, "The deployment's database is \(what), which this tool cannot watch.",
            why: "the revision, the sessions and the backup are read from PostgreSQL",
            remedy: "stop the one instance, copy the database file, change the version and start it again by hand")
    }
}
