/// The one loop of the program: it asks the rules what to do, does it, and journals both. It holds no rules.
package struct Driver<Log: Journal> {
    /// Why a drive ended.
    package enum Ending: Equatable, Sendable {
        case finished(Outcome)
        case held(Hold)
        /// A person must approve before anything changes.
        case asks
        /// A signal came; the run is at a durable point.
        case interrupted(signal: String)
    }

    package private(set) var journal: Log
    private var rules: any RuleBook
    /// Whether this process has seen what it is about to change: a platform can only then tell that it was changed since.
    private var hasLooked = false
    private let backend: any Backend
    private let database: any Database
    private let clock: any Clock
    private let audience: any Audience

    /// The pause between two looks, in milliseconds: short at first, so that a healthy upgrade loses nothing by it.
    private static var looks: ClosedRange<Int64> { 4...250 }

    package init(
        _ rules: any RuleBook, journal: Log, backend: any Backend, database: any Database, clock: any Clock,
        audience: any Audience
    ) {
        self.rules = rules
        self.journal = journal
        self.backend = backend
        self.database = database
        self.clock = clock
        self.audience = audience
    }

    /// The run as it stands.
    package var upgrade: Upgrade { rules.upgrade }

    /// Takes in a fact: refused by the rules it never reaches the journal, refused by the journal it never counts.
    package mutating func record(_ event: Event) async throws(Fault) {
        var copy = rules
        do { try copy.apply(event) } catch { throw .outOfPlace(error) }
        try await journal.append(event)
        rules = copy
        if case .decided = event { hasLooked = false }
        audience.hear(event, of: rules.upgrade)
    }

    /// Goes on until the run ends, holds, asks or is interrupted. Throws only where this tool itself cannot go on.
    package mutating func drive() async throws(Fault) -> Ending {
        while true {
            switch rules.next {
            case .finish(let outcome): return .finished(outcome)
            case .hold(let hold): return .held(hold)
            case .ask: return .asks
            case .perform(let command, let attempt):
                if let signal = try await pause(before: attempt) { return .interrupted(signal: signal) }
                if let signal = try await perform(command) { return .interrupted(signal: signal) }
            case .watch(let goal):
                if let signal = try await watch(goal) { return .interrupted(signal: signal) }
            }
        }
    }

    private mutating func interrupted() async throws(Fault) -> String? {
        guard let signal = clock.interruption else { return nil }
        try await record(.interrupted(signal: signal))
        return signal
    }

    private mutating func pause(before attempt: Int) async throws(Fault) -> String? {
        if attempt > 0 {
            let end = clock.now.advanced(milliseconds: Patience.pause(before: attempt))
            while clock.now < end, clock.interruption == nil { await clock.wait(until: end) }
        }
        return try await interrupted()
    }

    private mutating func perform(_ command: Command) async throws(Fault) -> String? {
        let foreseen: Reply?
        do throws(Fault) { foreseen = try await lookFirst(for: command) } catch {
            guard error.kind == .interrupted, let signal = try await interrupted() else { throw error }
            return signal
        }
        try await record(.began(command: command))
        let reply: Reply
        do throws(Fault) { reply = if let foreseen { foreseen } else { try await carryOut(command) } } catch {
            if error.kind == .interrupted { return try await interrupted() ?? "interrupted" }
            if error.kind == .owned { throw error }
            reply = .failed(fault: error)
        }
        if case .failed = reply { hasLooked = false }
        try await record(.ended(reply: reply))
        return nil
    }

    /// Sees to it that this process has seen what it is about to change, before the journal says once more that it holds
    /// the lock: a process that stood still meanwhile is then refused by one or the other. Returns the reply that what it
    /// sees makes certain.
    private mutating func lookFirst(for command: Command) async throws(Fault) -> Reply? {
        guard case .apply(let change) = command, !hasLooked else { return nil }
        do throws(Fault) {
            let deployment = try await backend.observe()
            guard change.starts else {
                hasLooked = true
                return nil
            }
            let state = try await database.look()
            hasLooked = true
            return rules.upgrade.foreseen(change, in: deployment, on: state)
        } catch {
            if error.kind == .owned || error.kind == .interrupted { throw error }
            return .failed(fault: error)
        }
    }

    private func carryOut(_ command: Command) async throws(Fault) -> Reply {
        switch command {
        case .inspect:
            let deployment = try await backend.observe()
            let findings = try await backend.findings(for: upgrade.plan)
            let database = try await database.look()
            return .inspected(inspection: Inspection(deployment: deployment, database: database, findings: findings))
        case .readImages(let source, let target, let others):
            let facts = try await backend.read(images: [source, target] + (others ?? []))
            return .imagesRead(
                source: facts[0], target: facts[1], others: others.map { _ in Array(facts.dropFirst(2)) })
        case .check: return .checked(findings: try await check())
        case .pause: return .paused(automation: try await backend.setAutomation(paused: true, upgrade.paused))
        case .apply(let change):
            try await backend.apply(change)
            return .done
        case .backUp: return .backedUp(backup: try await database.backUp(upgrade.plan.backup, of: upgrade.run))
        case .restore(let backup):
            try await database.restore(backup, upgrade.plan.backup)
            return .done
        case .readRevision: return .revision(revisions: try await database.look().revisions)
        case .saveEvidence: return .evidenceSaved(files: try await backend.saveEvidence(of: upgrade.run))
        case .resumeAutomation(let paused):
            _ = try await backend.setAutomation(paused: false, paused)
            return .done
        }
    }

    private func check() async throws(Fault) -> [Finding] {
        let findings = try await database.check(
            pending: Array(upgrade.pendingRevisions), from: upgrade.source?.version ?? "",
            to: upgrade.target?.version ?? "")
        return findings + (try await database.findings(for: upgrade.plan.backup))
    }

    private mutating func watch(_ goal: Goal) async throws(Fault) -> String? {
        var watch = Watch(goal, since: clock.now)
        var pause = Self.looks.lowerBound
        while true {
            if let signal = try await interrupted() { return signal }
            let seen = await look()
            // A look that a signal ended says nothing of the deployment.
            if seen.isInterrupted, let signal = try await interrupted() { return signal }
            if case .success = seen.deployment { hasLooked = true }
            audience.see(seen, of: upgrade)
            if let event = rules.judge(seen, with: &watch, at: clock.now) {
                try await record(event)
                if case .judged = event { return nil }
                continue
            }
            await clock.wait(until: clock.now.advanced(milliseconds: pause))
            pause = min(pause * 5 / 4, Self.looks.upperBound)
        }
    }

    private func look() async -> Observation {
        let deployment: Result<Deployment, Fault>
        do throws(Fault) { deployment = .success(try await backend.observe()) } catch { deployment = .failure(error) }
        let state: Result<DatabaseState, Fault>
        do throws(Fault) { state = .success(try await database.look()) } catch { state = .failure(error) }
        return Observation(deployment: deployment, database: state)
    }
}

extension Fault {
    static func outOfPlace(_ refusal: Upgrade.Refusal) -> Fault {
        Fault(
            .bug, "The run came to a point that its rules do not know.", why: refusal.description,
            remedy: "run the same command again; if it ends here again, report it with the output of `owui-upgrade log`"
        )
    }
}
