import ArgumentParser
import JournalFile
import UpgradeCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say where the newest run stands and what the deployment is doing; changes nothing.")

    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        try await deployment.opened { opened in
            let status = try await Status(opened.site, opened.address)
            if deployment.output == .json { JSONText.line(status) } else { Stream.out(status.text + "\n") }
            return .asAsked
        }
    }
}

/// Where a deployment and its newest run stand.
struct Status: Encodable {
    let name: String
    let run: String?
    let state: String
    let outcome: Outcome?
    let hold: Hold?
    /// The step that an unfinished run is at.
    let step: Step?
    let lock: LockRecord?
    /// Whether the lock's holder is provably dead.
    let lockIsLeftOver: Bool
    let workloads: [Workload]
    let revision: [SchemaRevision]
    let problems: [Fault]
    /// What a run has changed and not yet put back.
    let unrestored: [String]
    /// The files that were saved of what failed.
    let evidence: [String]
    let next: String

    private let ending: String?

    private enum CodingKeys: String, CodingKey {
        case name, run, state, outcome, hold, step, lock, lockIsLeftOver, workloads, revision, problems, unrestored,
            evidence, next
    }

    init(_ site: Site, _ address: Address) async throws(Fault) {
        name = site.name
        let newest = try await site.runs.newest()
        run = newest?.id
        lock = try await site.store.lockHolder()
        lockIsLeftOver = lock?.isLeftOver ?? false
        var problems: [Fault] = []
        var workloads: [Workload] = []
        var revision: [SchemaRevision] = []
        do throws(Fault) { workloads = try await site.backend.observe().workloads } catch { problems.append(error) }
        do throws(Fault) { revision = try await site.database.look().revisions } catch { problems.append(error) }
        self.problems = problems.map(address.completed)
        self.workloads = workloads
        self.revision = revision
        step = newest?.upgrade.stage?.step
        switch newest?.upgrade.next {
        case nil:
            (state, outcome, hold, ending) = ("no run yet", nil, nil, nil)
            next = address.command("owui-upgrade plan --to VERSION")
        case .finish(let outcome):
            (state, self.outcome, hold, ending) = (newest?.upgrade.state ?? "", address.completed(outcome), nil, nil)
            next = address.command("owui-upgrade --to VERSION")
        case .hold(let hold):
            (state, outcome, self.hold) = ("holds and needs a person", nil, address.completed(hold))
            ending = newest.map { address.completed(Ending.held(hold, $0.upgrade)) }
            next = address.command("owui-upgrade resume")
        case .perform, .watch, .ask:
            (state, outcome, hold, ending) = ("is not finished", nil, nil, nil)
            next = address.command("owui-upgrade --to \(newest?.upgrade.plan.target ?? "VERSION")")
        }
        evidence = newest?.upgrade.evidence ?? []
        unrestored = newest.map { Status.unrestored($0.upgrade, now: workloads) } ?? []
    }

    /// The settings of a baseline that differ now, where the run has not put them back: it is not finished, or was given up.
    private static func unrestored(_ upgrade: Upgrade, now: [Workload]) -> [String] {
        let isOver =
            switch upgrade.position {
            case .finished(.givenUp), .at, .held: false
            case .finished: true
            }
        guard !isOver, upgrade.lastChange != nil else { return [] }
        var lines: [String] = []
        for before in upgrade.baseline {
            guard let settings = now.first(where: { $0.name == before.name })?.settings else { continue }
            func note(_ what: String, _ then: String?, _ now: String?) {
                if then != now {
                    lines.append("\(before.name): \(what) was \(then ?? "not set"), is \(now ?? "not set")")
                }
            }
            note("replicas", "\(before.settings.replicas)", "\(settings.replicas)")
            note("workers", before.settings.workers, settings.workers)
            note("ENABLE_DB_MIGRATIONS", before.settings.migrations, settings.migrations)
            note("its health check", before.settings.grace.told, settings.grace.told)
        }
        return lines + upgrade.paused.map { "paused: \($0.name)" }
    }

    var text: String {
        var lines = ["\(name): \(run.map { "run \($0) \(state)" } ?? state)"]
        if let step, outcome == nil { lines.append("  at \(step.rawValue)") }
        if let lock {
            lines.append(
                lockIsLeftOver
                    ? "  lock: left over by a process that is dead, the next run takes it over: \(lock.formerHolder)"
                    : "  lock: \(lock.holder)")
        }
        for workload in workloads {
            let settings = workload.settings
            lines.append(
                "  \(workload.name): \(ImageName.told(settings.image)), \(settings.replicas) replicas asked for")
            lines += workload.living.map { "    \($0.id) (\(ImageName.told($0.image))) \($0.told)" }
        }
        for place in revision {
            lines.append("  database: \(place.rows.joined(separator: ", ")) in schema \(place.schema)")
        }
        lines += problems.map(\.told)
        if !unrestored.isEmpty { lines += ["  not put back yet:"] + unrestored.map { "    \($0)" } }
        if let ending { lines.append(ending) } else { lines += evidence.map { "  saved: \($0)" } }
        lines.append("  next: `\(next)`")
        return lines.joined(separator: "\n")
    }
}
