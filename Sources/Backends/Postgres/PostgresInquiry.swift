import UpgradeCore
import Wire

/// The one session that a database is asked over; a lost one is replaced by the next question.
///
/// What a question sets (its limits, its search path, that it only reads) ends with it: behind a pooler the next
/// transaction of the same server process may be the application's migration, and a time limit left behind would end it.
actor PostgresInquiry {
    /// How long a question may take, in milliseconds, and how long it may wait for a lock.
    enum Patience: Int {
        /// Between two looks a signal must be heard.
        case look = 3_000
        /// A table that is counted before anything changes.
        case count = 10_000
        /// A check that reads a whole table.
        case check = 60_000

        var lock: Int { min(rawValue / 2, 2_000) }
    }

    private let road: DatabaseRoad
    private var session: PostgresSession?

    init(_ road: DatabaseRoad) { self.road = road }

    /// Runs one statement, which may only read.
    func ask(_ sql: String, _ patience: Patience = .look) async throws(PostgresFault) -> [PostgresRow] {
        do throws(PostgresFault) {
            // The server's own limit comes first, so that the session outlives a question that takes too long.
            let limit = Duration.milliseconds(patience.rawValue + 1_000)
            return try await open().script(settings(patience) + sql, timeout: limit)
        } catch {
            if error.kind == .unavailable, error.sqlstate != .queryCanceled, error.sqlstate != .lockNotAvailable {
                session = nil
            }
            throw error
        }
    }

    private func settings(_ patience: Patience) -> String {
        var settings = [
            "transaction_read_only": "on", "statement_timeout": "\(patience.rawValue)",
            "lock_timeout": "\(patience.lock)",
        ]
        settings["search_path"] = road.target.schema.map { $0.sqlIdentifier + ", public" }
        let calls = settings.map { "set_config('\($0.key)', \($0.value.sqlLiteral), true)" }.sorted()
        return "SELECT \(calls.joined(separator: ", ")); "
    }

    private func open() async throws(PostgresFault) -> PostgresSession {
        if let session, await session.isOpen { return session }
        let fresh = try await road.session()
        session = fresh
        return fresh
    }
}

extension String {
    /// This text as a literal of standard SQL; the server runs with `standard_conforming_strings`, its default since 9.1.
    var sqlLiteral: String { "'" + replacing("'", by: "''") + "'" }
    /// This text as a quoted identifier.
    var sqlIdentifier: String { "\"" + replacing("\"", by: "\"\"") + "\"" }

    private func replacing(_ mark: Character, by other: String) -> String {
        reduce(into: "") { text, character in
            if character == mark { text += other } else { text.append(character) }
        }
    }
}
