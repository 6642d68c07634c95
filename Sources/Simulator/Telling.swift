package import UpgradeCore

extension Event {
    /// The event in one line, for whoever replays a simulated run.
    package var told: String {
        switch self {
        case .started(let run, let plan, _, _): "started \(run): to \(plan.target), \(plan.strategy.rawValue)"
        case .began(let command): "began \(command.told)"
        case .ended(let reply): "ended \(reply.told)"
        case .judged(let goal, let verdict): "\(goal) \(verdict.told)"
        case .noticed(let notice): "noticed \(notice)"
        case .decided(let decision, _): "decided \(decision)"
        case .interrupted(let signal): "interrupted by \(signal)"
        case .continued: "continued"
        }
    }
}

extension Reply {
    fileprivate var told: String {
        switch self {
        case .failed(let fault): "failed (\(fault.kind)): \(fault.what) \(fault.why)"
        case .inspected(let inspection): "inspected: \(inspection.deployment.living.count) instances"
        case .revision(let revisions): "revision \(revisions.flatMap(\.rows).joined(separator: ", "))"
        case .imagesRead(let source, let target, _): "heads \(source.head) and \(target.head)"
        case .paused(let automation): "paused \(automation.map(\.name))"
        case .done, .checked, .backedUp, .evidenceSaved: "well"
        }
    }
}

extension Verdict {
    fileprivate var told: String {
        switch self {
        case .reached: "reached"
        case .missed(let fault, let revision, _): "missed at \(revision ?? "-"): \(fault.what) \(fault.why)"
        case .crashed(let fault, let revision): "crashed at \(revision ?? "-"): \(fault.what)"
        case .interfered(let fault): "interfered: \(fault.what) \(fault.why)"
        }
    }
}

extension Command {
    /// The command in a few words.
    var told: String {
        switch self {
        case .inspect: "inspect"
        case .readImages(let source, let target, let others):
            "read images \(([source, target] + (others ?? [])).joined(separator: " and "))"
        case .check: "check"
        case .pause: "pause automation"
        case .apply(let change): "apply " + change.workloads.map(\.told).joined(separator: ", ")
        case .backUp: "back up"
        case .restore(let backup): "restore \(backup.location)"
        case .readRevision: "read the revision"
        case .saveEvidence: "save evidence"
        case .resumeAutomation: "resume automation"
        }
    }
}

extension Change.Desired {
    /// The desired state in a few words.
    fileprivate var told: String {
        "\(workload) \(settings.image) ×\(settings.replicas) workers \(settings.workers ?? "-") "
            + "migrations \(settings.migrations ?? "-") as \(naming)"
    }
}

extension Violation {
    /// The promise that was not kept, and how to see it again.
    package var told: String { "seed \(seed): \(promise): \(text)" }
}

extension World {
    /// Writes down what happens outside the tool, where someone listens.
    mutating func tell(_ text: @autoclosure () -> String) {
        guard keepsDiary else { return }
        diary.append((now, text()))
    }
}
