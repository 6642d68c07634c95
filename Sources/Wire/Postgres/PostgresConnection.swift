internal import CPostgres
internal import Dispatch
internal import Glibc
internal import UpgradeCore

/// One libpq connection and the loop that waits for it. It blocks its thread, which is why an actor owns it.
final class PostgresConnection {
    private let handle: OpaquePointer
    private let wakeup: Wakeup
    private let place: String
    /// The last stage of connecting that was seen to begin.
    private var stage = CONNECTION_STARTED
    /// The password file that could not be used.
    private let passedOver: PasswordFile?
    /// Nothing more is to be read from it, whatever libpq thinks.
    private var isAbandoned = false

    /// How long a cancelled query may take to end before its session is given up.
    private static let grace = Duration.seconds(3)

    init(_ parameters: PostgresKeywords, wakeup: Wakeup) throws(PostgresFault) {
        place = parameters.place
        self.wakeup = wakeup
        var parameters = parameters
        passedOver = PasswordFile(passedOverFor: parameters)
        if passedOver != nil { parameters.set("passfile", PasswordFile.nowhere) }
        let names = parameters.plain.keys.sorted()
        let secrets = parameters.secrets.keys.sorted()
        let values = names.map { parameters.plain[$0] } + secrets.map { parameters.secrets[$0]?.reveal() }
        let started = withCStrings(names + secrets) { names in
            withCStrings(values) { values in PQconnectStartParams(names, values, 0) }
        }
        guard let started else { throw PostgresFault(.noMemory("a database connection")) }
        handle = started
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    }

    deinit {
        PQfinish(handle)
    }

    var isLost: Bool { isAbandoned || PQstatus(handle) == CONNECTION_BAD }
}

// Connecting.
extension PostgresConnection {
    func establish(within limit: Duration, user: String?, database: String?) throws(PostgresFault) {
        let deadline = Deadline.after(limit)
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            guard !isLost, wanted != PGRES_POLLING_FAILED else {
                throw connectionFault(user: user, database: database)
            }
            stage = PQstatus(handle)
            switch wait(for: wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline) {
            case .cancelled: throw PostgresFault(.interrupted("Connecting to the database at \(place)"))
            case .expired: throw PostgresFault(.connectionTimedOut(place, after: limit))
            case .ready: wanted = PQconnectPoll(handle)
            }
        }
        PQsetnonblocking(handle, 1)
    }

    private func connectionFault(user: String?, database: String?) -> PostgresFault {
        if let passedOver, PQconnectionNeedsPassword(handle) == 1 {
            return PostgresFault(.passwordFile(passedOver.path, passedOver.objection, of: place))
        }
        let message = PostgresMessage(errorText)
        let kind = message.sqlstate?.kind ?? localKind
        let fault = Fault.connection(kind, to: place, user: user, database: database, why: message.text)
        return PostgresFault(fault, sqlstate: message.sqlstate)
    }

    /// What a failure means that the server gave no code for.
    private var localKind: Fault.Kind {
        if PQconnectionNeedsPassword(handle) == 1 { return .denied }
        return stage == CONNECTION_SSL_STARTUP && !isHangup ? .denied : .unavailable
    }

    /// Whether the other side took the connection and left it without a word, as what passes ports on does where nothing
    /// listens behind it. libpq tells that in words alone, and in English, for nobody sets a locale here.
    private var isHangup: Bool {
        ["server closed the connection unexpectedly", "Connection reset by peer"].contains(where: errorText.contains)
    }

    private var errorText: String { PQerrorMessage(handle).map { String(cString: $0) } ?? "" }
}

// Asking.
extension PostgresConnection {
    /// The rows of the last statement in the text, or the first error.
    func rows(
        _ sql: String,
        _ parameters: [String?]?,
        within limit: Duration
    ) throws(PostgresFault) -> [PostgresRow] {
        guard !Task.isCancelled else { throw PostgresFault(.interrupted("A query")) }
        guard send(sql, parameters) else { throw lost }
        var interruption = Interruption(deadline: .after(limit))
        var answer: Result<[PostgresRow], PostgresFault> = .success([])
        try flush(&interruption, limit)
        while let result = try nextResult(&interruption, limit) {
            defer { PQclear(result) }
            if case .success = answer { answer = read(result) }
            guard PQresultStatus(result) != PGRES_COPY_IN, PQresultStatus(result) != PGRES_COPY_OUT else { throw lost }
        }
        return try conclude(answer, interruption, limit)
    }

    private func send(_ sql: String, _ parameters: [String?]?) -> Bool {
        guard let parameters else { return PQsendQuery(handle, sql) == 1 }
        return withCStrings(parameters) { values in
            PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0) == 1
        }
    }

    private func flush(_ interruption: inout Interruption, _ limit: Duration) throws(PostgresFault) {
        while true {
            let left = PQflush(handle)
            guard left >= 0 else { throw lost }
            guard left > 0 else { return }
            try hold(POLLIN | POLLOUT, &interruption, limit)
            guard PQconsumeInput(handle) == 1 else { throw lost }
        }
    }

    private func nextResult(
        _ interruption: inout Interruption,
        _ limit: Duration
    ) throws(PostgresFault) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            try hold(POLLIN, &interruption, limit)
            // What the server said before it closed is still to be read; without it there is only the loss.
            if PQconsumeInput(handle) == 0, PQisBusy(handle) == 1 { throw lost }
        }
        return PQgetResult(handle)
    }

    private func hold(_ events: Int32, _ interruption: inout Interruption, _ limit: Duration) throws(PostgresFault) {
        let outcome = wait(for: events, until: interruption.deadline, heedsTask: interruption.reason == nil)
        guard outcome != .ready else { return }
        if let reason = interruption.reason { throw abandon(reason, limit) }
        interruption.reason = outcome
        interruption.deadline = .after(Self.grace)
        interruption.cancellation = CancelRequest(handle)
    }

    private func conclude(
        _ answer: Result<[PostgresRow], PostgresFault>,
        _ interruption: Interruption,
        _ limit: Duration
    ) throws(PostgresFault) -> [PostgresRow] {
        guard let reason = interruption.reason else { return try answer.get() }
        // A request still under way would hit the next query of this session.
        guard interruption.cancellation?.isDone(within: Self.grace) == true else { throw abandon(reason, limit) }
        if reason == .expired, case .success = answer { return try answer.get() }
        throw fault(of: reason, limit)
    }

    private func abandon(_ reason: Waited, _ limit: Duration) -> PostgresFault {
        isAbandoned = true
        return fault(of: reason, limit)
    }

    private func fault(of reason: Waited, _ limit: Duration) -> PostgresFault {
        PostgresFault(reason == .expired ? .queryTimedOut(place, after: limit) : .interrupted("A query"))
    }

    private var lost: PostgresFault {
        let message = PostgresMessage(errorText)
        isAbandoned = true
        return PostgresFault(.sessionLost(place, why: message.text), sqlstate: message.sqlstate)
    }
}

// Reading results.
extension PostgresConnection {
    private func read(_ result: OpaquePointer) -> Result<[PostgresRow], PostgresFault> {
        let status = PQresultStatus(result)
        guard status != PGRES_FATAL_ERROR, status != PGRES_BAD_RESPONSE else { return .failure(fault(of: result)) }
        let width = PQnfields(result)
        var columns: [String: Int] = [:]
        for column in 0..<width {
            columns[PQfname(result, column).map { String(cString: $0) } ?? ""] = Int(column)
        }
        return .success(
            (0..<PQntuples(result)).map { row in
                PostgresRow(columns: columns, values: (0..<width).map { value(of: result, row, $0) })
            })
    }

    private func value(of result: OpaquePointer, _ row: Int32, _ column: Int32) -> String? {
        guard PQgetisnull(result, row, column) == 0 else { return nil }
        return PQgetvalue(result, row, column).map { String(cString: $0) }
    }

    private func fault(of result: OpaquePointer) -> PostgresFault {
        let field = { (code: Int32) in PQresultErrorField(result, code).map { String(cString: $0) } }
        let sqlstate = field(cpostgres_sqlstate).map { SQLState($0) }
        let parts = [field(cpostgres_message) ?? errorText, field(cpostgres_detail)]
        let why = PostgresMessage.oneLine(parts.compactMap { $0 }.joined(separator: "; "))
        guard !isLost else { return PostgresFault(.sessionLost(place, why: why), sqlstate: sqlstate) }
        return PostgresFault(.query(sqlstate?.kind ?? .failed, at: place, why: why), sqlstate: sqlstate)
    }
}

// Waiting.
extension PostgresConnection {
    fileprivate enum Waited {
        case ready, expired, cancelled
    }

    /// Why a query is to end early, and what was done about it.
    fileprivate struct Interruption {
        var deadline: Deadline
        var reason: Waited?
        var cancellation: CancelRequest?
    }

    private func wait(for events: Int32, until deadline: Deadline, heedsTask: Bool = true) -> Waited {
        while true {
            if heedsTask, Task.isCancelled { return .cancelled }
            var polled = [
                pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0),
                pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&polled, 2, deadline.milliseconds)
            if count == 0 { return .expired }
            if polled[1].revents != 0 { wakeup.drain() }
            if count > 0, polled[0].revents != 0 { return .ready }
        }
    }
}

/// A request to the server to end the running query. libpq makes it over a connection of its own and blocks for it.
private final class CancelRequest: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(_ connection: OpaquePointer) {
        guard let ticket = Ticket(connection) else { return }
        // Not a queue that others may have filled with what blocks.
        DispatchQueue(label: "owui-upgrade.cancel").async { [done] in
            ticket.use()
            done.signal()
        }
    }

    func isDone(within limit: Duration) -> Bool {
        done.wait(timeout: .now() + .milliseconds(Int(limit.milliseconds(atMost: 60_000)))) == .success
    }

    /// libpq promises that a PGcancel may be used from another thread than its connection.
    private struct Ticket: @unchecked Sendable {
        let pointer: OpaquePointer

        init?(_ connection: OpaquePointer) {
            guard let pointer = PQgetCancel(connection) else { return nil }
            self.pointer = pointer
        }

        func use() {
            var text = [CChar](repeating: 0, count: 256)
            PQcancel(pointer, &text, Int32(text.count))
            PQfreeCancel(pointer)
        }
    }
}
