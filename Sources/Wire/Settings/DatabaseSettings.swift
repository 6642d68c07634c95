package import UpgradeCore

/// The database of an Open WebUI installation, read from the application's environment as Open WebUI reads it.
package struct DatabaseSettings: Equatable, Sendable {
    package enum Engine: Equatable, Sendable {
        case postgres(PostgresTarget)
        /// The path of the file; a relative one is relative to the application, not to this process.
        case sqlite(path: String)
        case mariadb
        /// Another scheme of SQLAlchemy's, or none of its at all.
        case other(scheme: String)
    }

    package let engine: Engine
    /// How it was said, for `lints`.
    package let form: DatabaseForm

    /// Reads an environment as the given release does, or as the newest when none is given.
    package init(environment: [String: String], version: String? = nil) throws(Fault) {
        let release = version.flatMap { ReleaseNumber($0) } ?? .newest
        var source = DatabaseForm.Source.none
        var text = environment["DATABASE_URL"]
        if text != nil { source = .address }
        let parts = release >= .parts ? Self.addressFromParts(environment) : nil
        if let parts {
            text = parts
            source = .parts
        }
        let sqlcipher = release >= .parts && source == .none && environment["DATABASE_TYPE"] == "sqlite+sqlcipher"
        let folder = environment["DATA_DIR"] ?? "data"
        let address = try DatabaseAddress(
            Self.rewritten(text ?? "\(sqlcipher ? "sqlite+sqlcipher" : "sqlite"):///\(folder)/webui.db"))
        form = DatabaseForm(
            source: source, scheme: Self.scheme(text) ?? address.scheme,
            hasSchema: environment["DATABASE_SCHEMA"]?.isEmpty == false,
            usesTokens: Self.usesTokens(environment),
            hasParts: Self.addressFromParts(environment) != nil)
        engine = try Self.engine(address, environment)
    }

    /// User and password are put in as they are: what is not percent-encoded there is misread by Open WebUI as well.
    private static func addressFromParts(_ environment: [String: String]) -> String? {
        let value = { (name: String) in environment["DATABASE_\(name)"].flatMap { $0.isEmpty ? nil : $0 } }
        let credentials = (value("USER") ?? "") + (value("PASSWORD").map { ":\($0)" } ?? "")
        guard let type = value("TYPE"), !credentials.isEmpty, let host = value("HOST"), let port = value("PORT"),
            let name = value("NAME")
        else { return nil }
        return "\(type)://\(credentials)@\(host):\(port)/\(name)"
    }

    /// Open WebUI replaces the text wherever it stands.
    private static func rewritten(_ text: String) -> String {
        text.replacing("postgres://", with: "postgresql://")
    }

    private static func scheme(_ text: String?) -> String? {
        guard let text, let mark = text.firstRange(of: "://") else { return nil }
        return String(text[..<mark.lowerBound])
    }

    private static func usesTokens(_ environment: [String: String]) -> Bool {
        environment["DATABASE_ENABLE_IAM_TOKEN_AUTH"]?.lowercased() == "true"
    }

    private static func engine(
        _ address: DatabaseAddress,
        _ environment: [String: String]
    ) throws(Fault) -> Engine {
        switch address.scheme.prefix(while: { $0 != "+" }) {
        case "postgresql":
            var target = try PostgresTarget(address, environment: environment)
            target.schema = environment["DATABASE_SCHEMA"].flatMap { $0.isEmpty ? nil : $0 }
            target.usesTokens = usesTokens(environment)
            return .postgres(target)
        case "sqlite":
            let path = address.database ?? ""
            return .sqlite(path: path.isEmpty ? ":memory:" : path)
        case "mysql", "mariadb":
            return .mariadb
        default:
            return .other(scheme: address.scheme)
        }
    }
}

extension DatabaseSettings: CustomStringConvertible {
    /// For people; secrets are dots.
    package var description: String {
        switch engine {
        case .postgres(let target):
            target.description + (target.schema.map { " (schema \($0))" } ?? "")
        case .sqlite(let path): "sqlite:///\(path)"
        case .mariadb: "\(form.scheme)://"
        case .other(let scheme): "\(scheme)://"
        }
    }
}
