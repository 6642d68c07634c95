internal import CPostgres
internal import Glibc
internal import UpgradeCore

/// How long a database session waits.
package struct PostgresLimits: Equatable, Sendable {
    /// From the first packet until the server accepts the session; the resolver's own time comes before it.
    package var connect: Duration
    /// For one query, measured here; the server is then asked to cancel it.
    package var query: Duration
    /// `statement_timeout`, kept by the server even if this process is gone; nil leaves the server's own.
    package var statement: Duration?

    package init(connect: Duration = .seconds(10), query: Duration = .seconds(30), statement: Duration? = nil) {
        self.connect = connect
        self.query = query
        self.statement = statement
    }
}

/// One connection to a PostgreSQL server, in autocommit, on a thread of its own.
///
/// Queries wait for each other. A session that was lost stays lost: every further query is a fault, and whoever
/// wants to go on connects anew.
package actor PostgresSession {
    private let executor: QueueExecutor
    private let wakeup = Wakeup()
    private let limits: PostgresLimits
    private var connection: PostgresConnection?
    /// Host and port, for messages.
    package nonisolated let place: String

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(place: String, limits: PostgresLimits) {
        executor = QueueExecutor(label: "postgres")
        self.place = place
        self.limits = limits
    }

    /// Opens a session that names itself `application` in `pg_stat_activity`.
    package static func connect(
        to target: PostgresTarget,
        as application: String,
        limits: PostgresLimits = PostgresLimits()
    ) async throws(PostgresFault) -> PostgresSession {
        var parameters: PostgresKeywords
        do { parameters = try target.parameters() } catch { throw PostgresFault(error) }
        parameters.set("application_name", application)
        parameters.set("client_encoding", "UTF8")
        let session = PostgresSession(place: parameters.place, limits: limits)
        try await session.open(parameters)
        if let statement = limits.statement {
            let milliseconds = String(statement.milliseconds(atMost: Int(Int32.max)))
            _ = try await session.query("SELECT set_config('statement_timeout', $1, false)", [milliseconds])
        }
        return session
    }

    /// Runs one statement with parameters `$1…`; a value is text, and nil is NULL.
    package func query(
        _ sql: String,
        _ parameters: [String?] = [],
        timeout: Duration? = nil
    ) async throws(PostgresFault) -> [PostgresRow] {
        try await ask(sql, parameters, timeout)
    }

    /// Runs several statements, separated by semicolons, as one transaction; gives the last one's rows.
    package func script(_ sql: String, timeout: Duration? = nil) async throws(PostgresFault) -> [PostgresRow] {
        try await ask(sql, nil, timeout)
    }

    /// False after `close`, and once the loss of the session was noticed.
    package var isOpen: Bool { connection != nil }

    /// Ends the session; may be called twice.
    package func close() {
        connection = nil
    }

    private func open(_ parameters: PostgresKeywords) async throws(PostgresFault) {
        try await interruptible { session throws(PostgresFault) in
            let connection = try PostgresConnection(parameters, wakeup: session.wakeup)
            let limit = session.limits.connect
            try connection.establish(within: limit, user: parameters["user"], database: parameters["dbname"])
            session.connection = connection
        }
    }

    private func ask(
        _ sql: String,
        _ parameters: [String?]?,
        _ timeout: Duration?
    ) async throws(PostgresFault) -> [PostgresRow] {
        try await interruptible { session throws(PostgresFault) in
            guard let connection = session.connection else {
                throw PostgresFault(.sessionLost(session.place, why: "it was closed before"))
            }
            defer { if connection.isLost { session.connection = nil } }
            return try connection.rows(sql, parameters, within: timeout ?? session.limits.query)
        }
    }

    /// Lets the end of the caller's task end a wait that holds this actor's thread.
    ///
    /// The body takes the actor because a closure that does not name it leaves its thread for the shared pool.
    private func interruptible<Value: Sendable>(
        _ body: (isolated PostgresSession) throws(PostgresFault) -> Value
    ) async throws(PostgresFault) -> Value {
        let wakeup = wakeup
        let result: Result<Value, PostgresFault> = await withTaskCancellationHandler {
            do throws(PostgresFault) { return .success(try body(self)) } catch { return .failure(error) }
        } onCancel: {
            wakeup.signal()
        }
        return try result.get()
    }
}

extension PostgresSession {
    /// Takes libpq's variables out of this process's environment, so that the operator's own `PGHOST` or
    /// `PGSSLMODE` cannot fill what Open WebUI's configuration leaves open. To be called once, before any thread.
    package static func forgetEnvironment() {
        let defaults = PQconndefaults()
        defer { PQconninfoFree(defaults) }
        var option = defaults
        while let current = option, let keyword = current.pointee.keyword {
            _ = keyword
            if let variable = current.pointee.envvar { unsetenv(variable) }
            option = current.advanced(by: 1)
        }
        unsetenv("PGSERVICEFILE")
        unsetenv("PGSYSCONFDIR")
    }
}
