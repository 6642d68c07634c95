import UpgradeCore

/// What a run notes in a label of a service, in the same write as what it notes. Tasks do not carry such labels, so
/// that none is restarted for one.
///
/// The run's last write takes the label away; what it said is then still in the spec before, which the swarm keeps.
struct SwarmNotes: Codable, Equatable, Sendable {
    static let label = "owui-upgrade.writes"

    /// How the swarm was to update the service before the run; `null` where nothing was set.
    var updateConfig: EngineValue = .null
    /// In which order the run has last asked the swarm to replace tasks; nil where it was the one that it begins with.
    var order: String?
    /// The token of the lock under which the run last came to the service. Whoever takes the lock over writes another
    /// one first: what the holder before is still about to write was then made from an older version, and is refused.
    var holder: String?
    /// The write that tasks come from, by the counter that they carry.
    var writes: [String: Generation] = [:]
    /// What else the tasks of a write were made from, in short, by the same counter: a task that somebody has had made from
    /// another template is none of this run's, though it carries the counter. Earlier versions did not note it.
    var templates: [String: String]?

    /// How many writes are remembered: those of a few runs.
    private static let kept = 64

    init(updateConfig: EngineValue, writes: [String: Generation], holder: String? = nil) {
        self.holder = holder
        self.updateConfig = updateConfig
        self.writes = writes
    }

    /// nil where the text is not this tool's.
    init?(_ text: String) {
        guard let notes: Self = EngineJSON.label(text) else { return nil }
        self = notes
    }

    func text() throws(Fault) -> String { String(decoding: try EngineJSON.write(self), as: UTF8.self) }

    mutating func note(_ generation: Generation, of counter: Int, template: String? = nil) {
        let isKept = { (key: String) in (Int(key) ?? 0) > counter - Self.kept }
        writes[String(counter)] = generation
        writes = writes.filter { isKept($0.key) }
        var templates = templates ?? [:]
        templates[String(counter)] = template
        self.templates = templates.filter { isKept($0.key) }
    }

    /// The write that a task was made by, of the runs' own.
    func generation(counter: Int, template: String) -> Generation? {
        if let noted = templates?[String(counter)], noted != template { return nil }
        return writes[String(counter)]
    }
}
