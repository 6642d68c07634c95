import FoundationEssentials
import UpgradeCore

/// What a run notes in a label of a service, in the same write as what it notes. Tasks do not carry such labels, so
/// that none is restarted for one.
///
/// The run's last write takes the label away; what it said is then still in the spec before, which the swarm keeps.
struct SwarmNotes: Codable, Equatable, Sendable {
    static let label = "owui-upgrade.writes"

    /// How the swarm was to update the service before the run; `null` where nothing was set.
    var updateConfig: EngineValue = .null
    /// The token of the lock under which the run last came to the service. Whoever takes the lock over writes another
    /// one first: what the holder before is still about to write was then made from an older version, and is refused.
    var holder: String?
    /// The write that tasks come from, by the counter that they carry.
    var writes: [String: Generation] = [:]

    /// How many writes are remembered: those of a few runs.
    private static let kept = 64

    init(updateConfig: EngineValue, writes: [String: Generation], holder: String? = nil) {
        self.holder = holder
        self.updateConfig = updateConfig
        self.writes = writes
    }

    /// nil where the text is not this tool's.
    init?(_ text: String) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch { return nil }
    }

    func text() throws(Fault) -> String { String(decoding: try EngineJSON.write(self), as: UTF8.self) }

    mutating func note(_ generation: Generation, of counter: Int) {
        writes[String(counter)] = generation
        writes = writes.filter { (Int($0.key) ?? 0) > counter - Self.kept }
    }
}
