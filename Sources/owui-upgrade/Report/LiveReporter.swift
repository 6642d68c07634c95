import Backends
import Glibc
import Synchronization
import UpgradeCore

/// The view on a terminal: what is done scrolls up as plain lines, and one line below shows what is waited for.
final class LiveReporter: Reporter {
    private let plain: TextReporter
    private let status = Mutex(Status())

    private struct Status {
        var line = ""
        var since: Int = 0
        var goal: Goal?
    }

    init(_ address: Address) { plain = TextReporter(address) }

    func begin(_ upgrade: Upgrade, at site: Site) {
        clear()
        plain.begin(upgrade, at: site)
    }

    func fetch(_ progress: PullProgress) { draw("  \(progress.told)") }

    func warn(_ text: String) {
        clear()
        plain.warn(text)
    }

    func hear(_ event: Event, of upgrade: Upgrade) {
        // Ctrl-C has left its own sign on the line.
        if case .interrupted = event { status.withLock { $0.line = "^C" } }
        clear()
        plain.hear(event, of: upgrade)
    }

    func conclude(_ conclusion: Conclusion) {
        clear()
        plain.conclude(conclusion)
    }

    func fail(_ fault: Fault, _ exit: Exit) {
        clear()
        plain.fail(fault, exit)
    }

    func see(_ observation: Observation, of upgrade: Upgrade) {
        guard case .watch(let goal) = upgrade.next else { return }
        let line = status.withLock { status in
            if status.goal != goal {
                status.goal = goal
                status.since = time(nil)
            }
            let seconds = time(nil) - status.since
            return "  \(seconds) s, waiting for \(goal.told)\(LiveReporter.detail(observation))"
        }
        draw(line)
    }

    private static func detail(_ observation: Observation) -> String {
        guard case .success(let deployment) = observation.deployment else { return ": the platform does not answer" }
        let told = deployment.living.map(\.told)
        let conditions = told.enumerated().filter { told.firstIndex(of: $1) == $0 }.map { _, condition in
            let count = told.count { $0 == condition }
            return told.count > 1 ? "\(count) × \(condition)" : condition
        }
        return conditions.isEmpty ? "" : ": \(conditions.joined(separator: "; "))"
    }

    /// The last columns stay free: for the `^C` that a terminal shows, and because a full line makes some go on to the
    /// next.
    private static let margin = 3

    private func draw(_ line: String) {
        let room = Terminal.columns - LiveReporter.margin
        let cut = line.count <= room ? line : String(line.prefix(max(0, room - 1))) + "…"
        let isNew = status.withLock { status in
            defer { status.line = cut }
            return status.line != cut
        }
        if isNew { Terminal.draw(cut) }
    }

    private func clear() {
        let hadLine = status.withLock { status in
            defer { status.line = "" }
            return !status.line.isEmpty
        }
        if hadLine { Terminal.clear() }
    }
}
