import Simulator
import UpgradeCore

/// A guard that is missing, each in its own way.
enum Bug: String, CaseIterable, Sendable {
    case countsTakenBack
    case noneLeftIgnoresInstances, noneLeftIgnoresSessions, noneLeftIgnoresRevision
    case migratedByHealthAlone, migratedIgnoresWriter
    case startsManyReplicas, startsManyWorkers, startsWithMigrationsOff, startsImpatient
    case swapsWithoutStop, goesBackUnread, goesBackWithoutWaiting, goesBackDespiteSessions, startsSourceOnMovedSchema
    case scalesUpBeforeHealthy, restartsBesideOrphan
    case beganAfterEffect, lockUnchecked, fenceNotAsked
    case resumeScalesUp, automationResumedInHold
    case workersNotPutBack, migrationsNotPutBack, graceNotPutBack, replicasNotPutBack, automationNotPutBack
    case oneLeftIgnored
    case quietIgnored, quietAgainIgnored, automationUnseen, pinDropped
    case interferenceIgnored, pendingForgotten, generationKept

    var tool: Tool {
        Tool(
            rules: { (events) throws(Upgrade.Refusal) in try WrongRules(self, replaying: events) },
            journal: { journal in
                switch self {
                case .beganAfterEffect: LateJournal(journal: journal)
                case .lockUnchecked: OpenJournal(journal: journal)
                default: journal
                }
            },
            fence: { fence in if self == .fenceNotAsked { OpenFence() } else { fence } })
    }
}

/// The true rules with one guard taken out: it falsifies what the guard sees, or the command that it guards.
struct WrongRules: RuleBook {
    let bug: Bug
    private var truth: Upgrade
    /// The wrong change that was asked for, in place of the true one.
    private var asked: [Change] = []
    private var wantsAutomationBack = false
    private var isPuttingBack = false

    init(_ bug: Bug, replaying events: [Event]) throws(Upgrade.Refusal) {
        self.bug = bug
        truth = try Upgrade(replaying: Array(events.prefix(1)))
        for event in events.dropFirst() { try apply(event) }
        if bug == .pendingForgotten, let pending = truth.pending, case .apply = pending {
            try truth.apply(.ended(reply: .done))
        }
    }

    var upgrade: Upgrade { truth }

    var next: Upgrade.Next {
        if wantsAutomationBack, case .hold = truth.next {
            return .perform(.resumeAutomation(paused: truth.paused), attempt: 0)
        }
        guard case .perform(let command, let attempt) = truth.next else { return truth.next }
        return .perform(wrong(command), attempt: attempt)
    }

    private func wrong(_ command: Command) -> Command {
        switch command {
        case .apply(let change): return .apply(change: wrong(change))
        case .resumeAutomation where bug == .automationNotPutBack: return .resumeAutomation(paused: [])
        default: return command
        }
    }

    private func wrong(_ change: Change) -> Change {
        let stage = truth.stage
        return Change(
            workloads: change.workloads.map { desired in
                var settings = desired.settings
                var naming = desired.naming
                var accepts = desired.accepts
                let baseline = truth.baseline.first { $0.name == desired.workload }
                let isMain = baseline?.role == .main
                switch (bug, stage) {
                case (.startsManyReplicas, .start) where isMain: settings.replicas = baseline?.settings.replicas ?? 1
                case (.startsManyWorkers, .start) where isMain: settings.workers = baseline?.settings.workers
                case (.startsWithMigrationsOff, .start) where isMain:
                    settings.migrations = baseline?.settings.migrations
                case (.startsImpatient, .start) where isMain: settings.grace = nil
                case (.generationKept, .start) where isMain:
                    naming = Generation(run: truth.run, number: 77)
                    accepts = [naming]
                case (.swapsWithoutStop, .stop), (.swapsWithoutStop, .scaleDown):
                    settings = baseline?.settings ?? settings
                    accepts = nil
                case (.workersNotPutBack, .scaleUp), (.workersNotPutBack, .replaceMigrator): settings.workers = "1"
                case (.migrationsNotPutBack, .scaleUp), (.migrationsNotPutBack, .replaceMigrator):
                    settings.migrations = "true"
                case (.graceNotPutBack, .scaleUp) where isMain, (.graceNotPutBack, .replaceMigrator) where isMain:
                    settings.grace = baseline?.endsUnwell == true ? .forMigration : nil
                case (.pinDropped, .scaleUp), (.pinDropped, .replaceMigrator):
                    settings.image = String(settings.image.prefix { $0 != "@" })
                case (.replicasNotPutBack, .startSource): settings.replicas = min(1, settings.replicas)
                default: break
                }
                return Change.Desired(
                    workload: desired.workload, settings: settings, naming: naming, accepts: accepts)
            })
    }

    mutating func apply(_ event: Event) throws(Upgrade.Refusal) {
        switch event {
        case .began(.resumeAutomation) where wantsAutomationBack && isHeld:
            isPuttingBack = true
            return
        case .ended where isPuttingBack:
            isPuttingBack = false
            wantsAutomationBack = false
            return
        case .began(.apply(let change)):
            asked = [change]
            if case .perform(let command, _) = truth.next { return try truth.apply(.began(command: command)) }
        case .began(.resumeAutomation):
            if case .perform(let command, _) = truth.next { return try truth.apply(.began(command: command)) }
        case .ended(.revision) where bug == .goesBackUnread || bug == .startsSourceOnMovedSchema:
            let head = truth.source?.head ?? ""
            let schema = SchemaRevision(schema: "public", rows: [head])
            return try truth.apply(.ended(reply: .revision(revisions: [schema])))
        default: break
        }
        let wasHeld = isHeld
        try truth.apply(event)
        if bug == .automationResumedInHold, isHeld, !wasHeld, !truth.paused.isEmpty { wantsAutomationBack = true }
        if bug == .resumeScalesUp, case .decided(.resume, _) = event, truth.next == .watch(.migrated) {
            try truth.apply(.judged(goal: .migrated, verdict: .reached))
            try truth.apply(.judged(goal: .healthy, verdict: .reached))
        }
    }

    private var isHeld: Bool {
        if case .held = truth.position { true } else { false }
    }

    // Judging

    func judge(_ seen: Observation, with watch: inout Watch, at now: Moment) -> Event? {
        guard case .success(var deployment) = seen.deployment, case .success(var database) = seen.database else {
            return watch.judge(seen, of: truth, at: now)
        }
        unmask(&deployment)
        falsify(&deployment, &database, watch.goal)
        return watch.judge(
            Observation(deployment: .success(deployment), database: .success(database)), of: truth, at: now)
    }

    /// Shows the wrong settings, where they are what was asked for, as the right ones: only the world is to object.
    private func unmask(_ deployment: inout Deployment) {
        guard let wrong = asked.last, let right = truth.lastChange else { return }
        for index in deployment.workloads.indices {
            let name = deployment.workloads[index].name
            guard let settings = wrong[name]?.settings, let rightSettings = right[name]?.settings else { continue }
            if deployment.workloads[index].settings == settings { deployment.workloads[index].settings = rightSettings }
            guard bug == .generationKept, let naming = right[name]?.naming else { continue }
            for place in deployment.workloads[index].instances.indices
            where deployment.workloads[index].instances[place].generation?.number == 77 {
                deployment.workloads[index].instances[place].generation = naming
            }
        }
    }

    private func falsify(_ deployment: inout Deployment, _ database: inout DatabaseState, _ goal: Goal) {
        let isGoingBack = truth.stage?.isGoingBack ?? false
        let head = truth.target?.head ?? ""
        switch (bug, goal) {
        case (.countsTakenBack, _): keepTakenBack(&deployment)
        case (.noneLeftIgnoresInstances, .noneLeft), (.swapsWithoutStop, .noneLeft), (.swapsWithoutStop, .oneLeft),
            (.oneLeftIgnored, .oneLeft):
            empty(&deployment)
            database.sessions = []
        case (.goesBackWithoutWaiting, .noneLeft) where isGoingBack:
            empty(&deployment)
            database.sessions = []
        case (.quietIgnored, .quiet) where !isGoingBack, (.quietAgainIgnored, .quiet) where isGoingBack:
            turn(&deployment, isActive: false)
        case (.automationUnseen, .automated), (.automationNotPutBack, .automated): turn(&deployment, isActive: true)
        case (.noneLeftIgnoresSessions, .noneLeft): database.sessions = []
        case (.goesBackDespiteSessions, .noneLeft) where isGoingBack: database.sessions = []
        case (.restartsBesideOrphan, .noneLeft) where truth.targetStarted && !isGoingBack: database.sessions = []
        case (.noneLeftIgnoresRevision, .noneLeft): database.revisions = [source]
        case (.migratedIgnoresWriter, .migrated):
            for index in database.sessions.indices { database.sessions[index].hasWritten = false }
        case (.migratedByHealthAlone, .migrated):
            let isOpen = deployment.living.contains { $0.answer != .none }
            database.revisions = isOpen ? [SchemaRevision(schema: "public", rows: [head])] : [source]
            if isOpen { database.sessions = [] }
        case (.migratedByHealthAlone, .healthy), (.migratedByHealthAlone, .verified):
            database.revisions = [SchemaRevision(schema: "public", rows: [head])]
        case (.scalesUpBeforeHealthy, .healthy): heal(&deployment)
        case (.replicasNotPutBack, .sourceServing): multiply(&deployment)
        case (.interferenceIgnored, _): forgive(&deployment)
        default: break
        }
    }

    private var source: SchemaRevision { SchemaRevision(schema: "public", rows: [truth.source?.head ?? ""]) }

    private func empty(_ deployment: inout Deployment) {
        for index in deployment.workloads.indices { deployment.workloads[index].instances = [] }
    }

    private func keepTakenBack(_ deployment: inout Deployment) {
        for index in deployment.workloads.indices {
            for place in deployment.workloads[index].instances.indices
            where deployment.workloads[index].instances[place].state == .withdrawn {
                deployment.workloads[index].instances[place].state = .stopping
            }
        }
    }

    private func heal(_ deployment: inout Deployment) {
        for index in deployment.workloads.indices {
            for place in deployment.workloads[index].instances.indices {
                deployment.workloads[index].instances[place].answer = .serving(version: truth.target?.version ?? "")
            }
        }
    }

    private func multiply(_ deployment: inout Deployment) {
        for index in deployment.workloads.indices {
            let replicas = deployment.workloads[index].settings.replicas
            guard let one = deployment.workloads[index].instances.first else { continue }
            while deployment.workloads[index].instances.count < replicas {
                deployment.workloads[index].instances.append(one)
            }
        }
    }

    private func forgive(_ deployment: inout Deployment) {
        for index in deployment.workloads.indices {
            let name = deployment.workloads[index].name
            let before = truth.baseline.first { $0.name == name }?.settings
            if let settings = truth.lastChange?[name]?.settings ?? before {
                deployment.workloads[index].settings = settings
            }
            let image = deployment.workloads[index].settings.image
            deployment.workloads[index].instances.removeAll { $0.image != image }
        }
        turn(&deployment, isActive: false)
    }

    private func turn(_ deployment: inout Deployment, isActive: Bool) {
        for index in deployment.automation.indices { deployment.automation[index].isActive = isActive }
    }
}

/// Writes down what was begun only when it is done.
struct LateJournal: Journal {
    var journal: SimulatedJournal
    private var late: Event?

    init(journal: SimulatedJournal) {
        self.journal = journal
    }

    mutating func append(_ event: Event) throws(Fault) {
        if case .began = event {
            late = event
            return
        }
        if let late {
            self.late = nil
            try journal.append(late)
        }
        try journal.append(event)
    }
}

/// Does not care who holds the lock.
struct OpenJournal: Journal {
    var journal: SimulatedJournal

    mutating func append(_ event: Event) throws(Fault) {
        do throws(Fault) { try journal.append(event) } catch {
            guard error.kind == .owned, journal.isAlive else { throw error }
            journal.force(event)
        }
    }
}

/// Lets every effect pass, whoever holds the lock.
struct OpenFence: Fence {
    func check() {}
}
