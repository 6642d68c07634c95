import CPostgres
import Glibc

/// One session at a PostgreSQL server, used synchronously.
///
/// A single-threaded program waits in it, which is the point: an old release freezes while it waits for a lock.
final class Session {
    private let connection: OpaquePointer
    /// What has to be said again after a reconnection.
    var prelude: String?

    /// Connects with libpq's keywords, PGOPTIONS and the rest of its environment.
    init(_ keywords: [(String, String)]) throws(DatabaseFailure) {
        setenv("PGGSSENCMODE", "disable", 0)
        let names = keywords.map { strdup($0.0) }
        let values = keywords.map { strdup($0.1) }
        defer { for text in names + values { free(text) } }
        let opened = PQconnectdbParams(
            names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let opened else { throw DatabaseFailure(state: "", message: "out of memory") }
        guard PQstatus(opened) == CONNECTION_OK else {
            let message = Self.trimmed(PQerrorMessage(opened))
            PQfinish(opened)
            throw DatabaseFailure(state: "08001", message: message)
        }
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
        // A worker is another program, which must not hold its parent's sessions.
        _ = fcntl(PQsocket(opened), F_SETFD, FD_CLOEXEC)
        connection = opened
    }

    deinit { PQfinish(connection) }

    /// Statements without parameters; several may be joined by semicolons.
    func run(_ statements: String) throws(DatabaseFailure) {
        _ = try rows(of: PQexec(connection, statements))
    }

    /// The rows of one statement, as text.
    func rows(_ statement: String, _ parameters: [String?] = []) throws(DatabaseFailure) -> [[String?]] {
        let values = parameters.map { $0.map { strdup($0) } ?? nil }
        defer { for value in values { free(value) } }
        return try rows(
            of: PQexecParams(
                connection, statement, Int32(values.count), nil, values.map { UnsafePointer($0) }, nil, nil, 0))
    }

    /// The first value of the first row.
    func value(_ statement: String, _ parameters: [String?] = []) throws(DatabaseFailure) -> String? {
        try rows(statement, parameters).first?.first ?? nil
    }

    /// Connects again after the server went away; does nothing while the connection is good.
    func restore() {
        guard PQstatus(connection) != CONNECTION_OK else { return }
        PQreset(connection)
        if let prelude { PQclear(PQexec(connection, prelude)) }
    }

    private func rows(of result: OpaquePointer?) throws(DatabaseFailure) -> [[String?]] {
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return Self.rows(in: result)
        default:
            let state = PQresultErrorField(result, 67).map { String(cString: $0) } ?? "08006"
            let primary = PQresultErrorField(result, 77) ?? PQerrorMessage(connection)
            throw DatabaseFailure(state: state, message: Self.trimmed(primary))
        }
    }

    private static func rows(in result: OpaquePointer?) -> [[String?]] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                guard PQgetisnull(result, row, column) == 0, let text = PQgetvalue(result, row, column) else {
                    return nil
                }
                return String(cString: text)
            }
        }
    }

    private static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(cString: text).split(separator: "\n").map { $0.trimmingPrefix { $0.isWhitespace } }
            .joined(separator: " ")
    }
}
