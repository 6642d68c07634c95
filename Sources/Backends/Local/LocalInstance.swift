import UpgradeCore

/// An instance as it is written down. The first half is on the disk before the process exists; the process carries the
/// id, so that it is found again where the second half was never written.
struct LocalInstance: Codable, Equatable, Sendable {
    let id: String
    let workload: String
    let image: String
    let generation: Generation
    let ordinal: Int
    let host: String
    let port: Int
    let command: [String]
    let log: String

    /// The leader of its session; nil until it was started or found.
    var pid: Int32?
    /// When the leader started, in clock ticks since the machine did.
    var start: UInt64?
    /// The start of the machine in which these numbers hold.
    var boot: String?
    /// When it was told to end, in milliseconds since the start of the machine.
    var stoppingSince: Int64?
    /// How it ended; nil while any process of it is there.
    var exit: String?

    init(
        workload: String, image: String, generation: Generation, ordinal: Int, host: String, port: Int,
        command: [String] = [], log: String = ""
    ) {
        id = LocalInstance.id(workload, generation, ordinal)
        self.workload = workload
        self.image = image
        self.generation = generation
        self.ordinal = ordinal
        self.host = host
        self.port = port
        self.command = command
        self.log = log
    }

    /// What every id starts with, and so every database session of an instance.
    static let prefix = "owui-"

    /// At most 40 characters, so that it fits into PostgreSQL's 63 bytes of application_name.
    static func id(_ workload: String, _ generation: Generation, _ ordinal: Int) -> String {
        let text = "\(prefix)\(workload)-\(generation)-\(ordinal)"
        guard text.utf8.count > 40 else { return text }
        var hash = FileHash()
        hash.add(text.utf8)
        return "\(prefix)\(workload.prefix(18))-\(hash.text.suffix(12))-\(ordinal)"
    }

    /// The same instance as the core knows it.
    func told(answer: Instance.Answer = .none, migrationLog: String? = nil) -> Instance {
        let state: Instance.State =
            if let exit { .ended(exit: exit) } else if stoppingSince != nil { .stopping } else { .running }
        return Instance(
            id: id, image: image, generation: generation, state: state, answer: answer, migrationLog: migrationLog)
    }

    /// Whether these processes belong to it: its own session and group, and all that carry its id.
    func owns(_ process: ProcessTable.Process, leader: ProcessTable.Process?, boot: String?) -> Bool {
        guard let pid, let start, self.boot == boot else { return false }
        if process.pid == pid { return process.start == start }
        // A session's number is not given to a stranger while any process of it is left.
        guard leader == nil || leader?.start == start else { return false }
        return process.session == pid || process.group == pid
    }
}
