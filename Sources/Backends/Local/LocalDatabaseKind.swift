/// Which database an environment leads to, as far as it decides whether this tool can upgrade it.
enum LocalDatabaseKind: Equatable {
    case postgres, sqlite, mariadb, other

    /// `DATABASE_TYPE` and its siblings win over `DATABASE_URL` where all are set; without either it is SQLite.
    init(_ settings: [String: String]) {
        let value = { (name: String) in settings[name].flatMap { $0.isEmpty ? nil : $0 } }
        let hasParts = ["TYPE", "USER", "HOST", "PORT", "NAME"].allSatisfy { value("DATABASE_\($0)") != nil }
        guard let text = hasParts ? value("DATABASE_TYPE") : value("DATABASE_URL") else {
            self = .sqlite
            return
        }
        switch text.prefix(while: { $0 != ":" && $0 != "+" }) {
        case "postgres", "postgresql": self = .postgres
        case "sqlite": self = .sqlite
        case "mysql", "mariadb": self = .mariadb
        default: self = .other
        }
    }
}
