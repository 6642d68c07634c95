import Glibc
import Synchronization
import UpgradeCore

/// The view on a terminal: what is done scrolls up as plain lines, and one line below shows what is waited for.
final class LiveReporter: Reporter {
    private let plain = TextReporter()
    private let status = Mutex(Status())

    private struct Status {
        var line = ""
        var since: Int = 0
        var goal: Goal?
    }

    func begin(_ upgrade: Upgrade, at site: Site) {
        clear()
        plain.begin(upgrade, at: site)
    }

    func warn(_ text: String) {
        clear()
        plain.warn(text)
    }

    func hear(_ event: Event, of upgrade: Upgrade) {
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
        let instances = deployment.living.map { "\($0.id) \($0.told)" }
        return instances.isEmpty ? "" : ": \(instances.joined(separator: ", "))"
    }

    private func draw(_ line: String) {
        var size = winsize()
        let columns = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        let cut = line.count < columns ? line : String(line.prefix(columns - 2)) + "…"
        let isNew = status.withLock { status in
            defer { status.line = cut }
            return status.line != cut
        }
        if isNew { Stream.error("\r\u{1B}[2K\u{1B}[2m\(cut)\u{1B}[0m") }
    }

    private func clear() {
        let hadLine = status.withLock { status in
            defer { status.line = "" }
            return !status.line.isEmpty
        }
        if hadLine { Stream.error("\r\u{1B}[2K") }
    }
}
