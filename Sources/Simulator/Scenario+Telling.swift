import UpgradeCore

/// A scenario in a person's words.
extension Scenario {
    /// The deployment before the run, a line each.
    package var deployment: [String] {
        let counts = setup.baseline.enumerated().map { index, settings in
            let instances = settings.replicas == 1 ? "one instance" : "\(settings.replicas) instances"
            let workers = settings.workers.map { ", workers \($0)" } ?? ""
            let migrations = settings.migrations.map { ", ENABLE_DB_MIGRATIONS=\($0)" } ?? ""
            return "\(index == 0 ? "open-webui" : "pool"): \(instances) of \(settings.image)\(workers)\(migrations)"
        }
        let automation = setup.hasAutoscaler ? ["an autoscaler, which the run has to pause"] : []
        let restarts = setup.platformRestarts ? ["the platform starts again what ended by itself"] : []
        return counts + automation + restarts + ["the database at the head of its version; \(schema)"]
    }

    private var schema: String {
        switch setup.relation {
        case .migrates: "\(setup.targetVersion) has migrations to run"
        case .sameHead: "\(setup.targetVersion) has the same one"
        case .older: "\(setup.targetVersion) does not know it"
        case .already: "\(setup.targetVersion) is that version"
        }
    }

    /// The trouble that is ordered, a line each; empty where nothing goes wrong.
    package var orders: [String] {
        var lines: [String] = []
        for kind in Trouble.Kind.allCases where trouble.left[kind.rawValue] > 0 {
            let count = trouble.left[kind.rawValue]
            lines.append((count == 1 ? "at most once: " : "at most \(count) times: ") + kind.told)
        }
        if trouble.fates != [.succeeds] {
            lines.append("migrations, one after the other: " + trouble.fates.map(\.told).joined(separator: ", then "))
        }
        if let told = trouble.flaw.told { lines.append("the target's image " + told) }
        switch trouble.failingBackups {
        case 0: break
        case 1: lines.append("the first backup fails")
        default: lines.append("the first \(trouble.failingBackups) backups fail")
        }
        if trouble.isStuck { lines.append("an old instance does not end for 90 s after it was told to") }
        if trouble.regrets { lines.append("a person takes the upgrade back after it has ended well") }
        if !trouble.answers.isEmpty {
            lines.append(
                "where the run holds, a person answers: " + trouble.answers.map(\.told).joined(separator: ", then "))
        }
        return lines
    }
}

extension Trouble.Kind {
    fileprivate var told: String {
        switch self {
        case .kill: "the tool's process is killed, and another goes on"
        case .lostReply: "something is done, and the reply is lost"
        case .repeated: "something is done twice"
        case .conflict: "the platform says that someone else has changed the deployment"
        case .slow: "the platform takes seconds for an answer"
        case .platformAway: "the platform cannot be reached for a while"
        case .databaseAway: "the database cannot be reached for a while"
        case .fullDisk: "the journal's disk is full"
        case .signal: "SIGTERM asks the tool to end, and another process goes on"
        case .rival: "the tool's process stands still while another run comes"
        case .person: "a person changes the deployment"
        case .autoscaler: "the autoscaler comes back while it should be paused"
        case .death: "an instance dies by itself"
        }
    }
}

extension Trouble.Fate {
    fileprivate var told: String {
        switch self {
        case .succeeds: "one succeeds"
        case .fails: "one fails"
        case .swallowed: "one fails and its instance serves all the same"
        case .hangs: "one hangs"
        case .blocked: "one waits for a lock for some seconds"
        case .blockedForLong: "one waits for a lock that nobody gives up"
        case .crashesBefore: "one is killed before its commit"
        case .crashesAfter: "one is killed after its commit"
        case .takesLong: "one takes more than a minute"
        }
    }
}

extension Trouble.Flaw {
    fileprivate var told: String? {
        switch self {
        case .none: nil
        case .cannotStart: "cannot start"
        case .neverHealthy: "never becomes healthy"
        case .wrongVersion: "says another version than it should"
        }
    }
}

extension Trouble.Answer {
    fileprivate var told: String {
        switch self {
        case .leave: "leaves it so"
        case .resume: "resume"
        case .mendAndResume: "mends the cause and resumes"
        case .rollback: "rollback"
        case .restore: "rollback --restore"
        case .restoreByHand: "restores the backup by hand, then rollback"
        case .giveUp: "gives the run up"
        }
    }
}
