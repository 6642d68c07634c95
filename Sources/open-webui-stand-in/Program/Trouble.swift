import Glibc

/// What is asked to go wrong, by the environment: `STAND_IN_<NAME>=[VERSION:][once:FILE:]VALUE`.
///
/// With a version only that release is in trouble; with `once:FILE` only the first process that gets there, which
/// makes the file. Several orders are separated by semicolons.
struct Trouble: Sendable {
    static let slowMigration = Trouble("SLOW_MIGRATION")
    static let failMigration = Trouble("FAIL_MIGRATION")
    static let swallow = Trouble("SWALLOW")
    static let hangMigration = Trouble("HANG_MIGRATION")
    static let crashBeforeCommit = Trouble("CRASH_BEFORE_COMMIT")
    static let crashAfterCommit = Trouble("CRASH_AFTER_COMMIT")
    static let slowStart = Trouble("SLOW_START")
    static let slowStop = Trouble("SLOW_STOP")
    static let ignoreTerm = Trouble("IGNORE_TERM")
    static let neverReady = Trouble("NEVER_READY")
    static let exitAtOnce = Trouble("EXIT_AT_ONCE")
    /// So many megabytes are taken at the start, and never given back.
    static let eatMemory = Trouble("EAT_MEMORY")
    static let wrongVersion = Trouble("WRONG_VERSION")

    /// One order, read from the text that asks for it.
    struct Order: Equatable, Sendable {
        var version: Version?
        var once: String?
        var value: String

        init(_ text: some StringProtocol) {
            var rest = String(text)
            if let colon = rest.firstIndex(of: ":"), let bound = Version(rest[..<colon]) {
                version = bound
                rest = String(rest[rest.index(after: colon)...])
            }
            if rest.hasPrefix("once:") {
                let parts = rest.dropFirst(5).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                once = String(parts[0])
                rest = parts.count > 1 ? String(parts[1]) : ""
            }
            value = rest
        }
    }

    let name: String

    private init(_ name: String) { self.name = "STAND_IN_" + name }

    /// The value that is ordered for this process; nil when nothing is, empty for a bare `once:FILE`.
    var value: String? {
        guard let order, order.once.map({ !System.exists($0) }) ?? true else { return nil }
        return order.value
    }

    var isOrdered: Bool { value != nil }

    /// Takes a `once` order, so that no later process gets it; nil when there is none, or another was faster.
    func take() -> String? {
        guard let order else { return nil }
        guard let file = order.once else { return order.value }
        let descriptor = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        close(descriptor)
        return order.value
    }

    private var order: Order? {
        guard let text = System.setting(name) else { return nil }
        let playing = System.setting("OPEN_WEBUI_STAND_IN_VERSION").flatMap { Version($0) }
        return text.split(separator: ";").map { Order($0) }.first { $0.version == nil || $0.version == playing }
    }
}
