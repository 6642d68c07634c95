import Backends
import ReleaseKnowledge
import UpgradeCore

extension Outcome {
    /// How the run ended, in words that follow "the run".
    var told: String {
        switch self {
        case .upgraded(changed: true): "ended as asked"
        case .upgraded(changed: false): "found that everything was already as asked"
        case .refused: "was refused and changed nothing"
        case .rolledBack(cause: nil): "went back to the old version, as a person asked"
        case .rolledBack: "failed and went back to the old version"
        case .givenUp: "was given up"
        }
    }
}

extension Event {
    /// What a person is told of it; nil for what goes without saying.
    func told(of upgrade: Upgrade) -> String? {
        switch self {
        case .started(_, let plan, _, let by): "upgrade to \(plan.target), by \(by)"
        case .began(let command): command.told(upgrade)
        case .ended(let reply): reply.told(upgrade)
        case .judged(let goal, let verdict): verdict.told(goal, upgrade)
        case .noticed(let notice): notice.told
        case .decided(let decision, let by): "\(by): \(decision.told)"
        case .interrupted(let signal): "\(signal): stopped at a durable point"
        case .continued(let tool, let by): "continued by \(by) with owui-upgrade \(tool)"
        }
    }
}

extension Command {
    fileprivate func told(_ upgrade: Upgrade) -> String? {
        switch self {
        case .inspect: "looking at the deployment and its database"
        case .readImages(let source, let target, let others):
            "reading the files of "
                + ([source] + (source == target ? [] : [target]) + (others ?? [])).map(ImageName.told)
                .joined(separator: " and ")
        case .check: "asking the database what the migrations will meet"
        case .pause: nil
        case .apply(let change): change.told
        case .backUp: "making the backup"
        case .restore(let backup): "restoring \(backup.told)"
        case .readRevision: "reading the revision"
        case .saveEvidence:
            upgrade.cause == nil ? "saving how things are before going back" : "saving the logs of what failed"
        case .resumeAutomation: nil
        }
    }
}

extension Change {
    /// The state that is asked for.
    fileprivate var told: String {
        workloads.map { desired in
            let settings = desired.settings
            guard settings.replicas > 0 else { return "\(desired.workload): stop every instance" }
            let instances = settings.replicas == 1 ? "one instance" : "\(settings.replicas) instances"
            return "\(desired.workload): \(instances) of \(ImageName.told(settings.image))"
        }.joined(separator: ", ")
    }
}

extension Reply {
    fileprivate func told(_ upgrade: Upgrade) -> String? {
        switch self {
        case .done, .checked(findings: []): nil
        case .inspected(let inspection): inspection.told
        case .imagesRead(let source, let target, _) where source == target:
            "it is \(target.version) already (\(target.head))"
        case .imagesRead(let source, let target, _):
            "\(source.version) (\(source.head)) to \(target.version) (\(target.head)), "
                + "\(upgrade.pendingRevisions.count) migrations to run"
        case .checked(let findings): findings.map(\.fault.what).joined(separator: " ")
        case .paused(let automation):
            automation.isEmpty ? nil : "paused \(automation.map(\.name).joined(separator: ", "))"
        case .backedUp(let backup): "backup of \(backup.bytes) bytes at \(backup.told)"
        case .revision(let revisions): "the database is at \(revisions.flatMap(\.rows).joined(separator: ", "))"
        case .evidenceSaved(let files): files.isEmpty ? nil : "saved \(files.joined(separator: ", "))"
        case .failed(let fault): "\(fault.what) \(fault.why)"
        }
    }
}

extension Inspection {
    fileprivate var told: String {
        let workloads = deployment.workloads.map { workload in
            let living = workload.started.count
            return
                "\(workload.name): \(living) of \(workload.settings.replicas) instances of \(ImageName.told(workload.settings.image))"
        }
        return (workloads + ["the database is at \(database.revision ?? "no single revision")"]).joined(separator: ", ")
    }
}

extension Verdict {
    fileprivate func told(_ goal: Goal, _ upgrade: Upgrade) -> String? {
        switch self {
        case .reached: goal.reached(upgrade)
        case .missed(let fault, _, _), .crashed(let fault, _), .interfered(let fault): "\(fault.what) \(fault.why)"
        }
    }
}

extension Goal {
    fileprivate func reached(_ upgrade: Upgrade) -> String? {
        switch self {
        case .quiet, .automated: nil
        case .oneLeft: "one instance is left"
        case .noneLeft: "every instance has ended, and its database sessions are gone"
        case .migrated: "the database is at \(upgrade.target?.head ?? "the head")"
        case .healthy: "the migrating instance serves \(upgrade.target?.version ?? "")"
        case .fleetServing: "every replica serves"
        case .allServing: "the migrating instance is replaced, every replica serves"
        case .sourceServing: "\(upgrade.source?.version ?? "the old version") serves again"
        case .verified: "every instance shows \(upgrade.target?.version ?? "the target") from outside"
        }
    }
}

extension Notice {
    /// In a person's words.
    var told: String {
        switch self {
        case .blocked(let sessions): "the migration waits for locks of \(sessions.joined(separator: ", "))"
        case .migration(let line): "newest line of its log: \(line)"
        case .databaseLost(let why): "the database does not answer: \(why)"
        case .databaseBack: "the database answers again"
        case .platformLost(let why): "the platform does not answer: \(why)"
        }
    }
}

extension Decision {
    fileprivate var told: String {
        switch self {
        case .approve: "go ahead"
        case .resume: "go on"
        case .restart: "go on, with the instance started anew"
        case .rollback(let restore, _): restore ? "go back, with the backup's data" : "go back"
        case .giveUp: "give the run up"
        }
    }
}

extension Fault {
    /// The three parts, one a line.
    var told: String {
        var lines = [what]
        if !why.isEmpty { lines.append("  why: \(why)") }
        lines.append("  do:  \(remedy)")
        return lines.joined(separator: "\n")
    }
}

extension BackupRecord {
    /// Where it is, with the name of its machine where that is not this one.
    var told: String {
        guard let machine, machine != Machine.name else { return location }
        return "\(location) on \(machine)"
    }
}
