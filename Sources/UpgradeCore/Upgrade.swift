/// One run of the procedure: what has happened, and what is to be done next.
///
/// The state and all that may change it are in this file. `apply` folds a fact into the state or refuses it; `next` reads
/// off the state what to do. A resumed run is the fold of its journal, asked the same question.
package struct Upgrade: Equatable, Sendable {
    /// Where a run is.
    package enum Position: Equatable, Sendable {
        case at(Stage)
        case held(Hold)
        case finished(Outcome)
    }

    /// What a run needs now.
    package enum Next: Equatable, Sendable {
        /// Give this command; `attempt` counts from 0 and grows with each failure that may pass.
        case perform(Command, attempt: Int)
        case watch(Goal)
        /// A person must approve the first change.
        case ask
        case hold(Hold)
        case finish(Outcome)
    }

    /// A fact that this state cannot take in: a damaged journal or a bug.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let run: String
    package let plan: Plan
    package private(set) var position: Position = .at(.inspect)
    /// A command that was begun and of which no end is known.
    package private(set) var pending: Command?
    package private(set) var inspection: Inspection?
    package private(set) var source: ImageFacts?
    package private(set) var target: ImageFacts?
    /// What was read of the images that companions will run, where they are others than the target.
    package private(set) var others: [ImageFacts] = []
    package private(set) var findings: [Finding] = []
    package private(set) var paused: [Automation] = []
    package private(set) var backup: BackupRecord?
    package private(set) var evidence: [String] = []
    /// The change that the platform was last asked for.
    package private(set) var lastChange: Change?
    /// The change before it, which may still hold where the last one is not known to be taken in.
    package private(set) var changeBefore: Change?
    /// Whether the platform is known to have taken `lastChange` in; after a failure it may show this or the one before.
    package private(set) var lastChangeIsTaken = false
    /// Why the run goes back; nil where a person asked for it.
    package private(set) var cause: Fault?

    /// Whether a process of the target may ever have run.
    package private(set) var targetStarted = false
    /// Whether the revision was seen to be the target's head.
    package private(set) var migrated = false
    /// Whether what was paused is active again because this run has put it back.
    package private(set) var automationIsBack = false
    private(set) var attempt = 0
    private var conflicts = 0
    private var restarts = 0
    private var changes = 0
    /// What the instance carries that migrates.
    package private(set) var migrator: Generation?
    /// What the others carry; a crash adds one, so that what has ended can be told from what is started for it.
    private(set) var fleets: [Generation] = []
    /// Whether the backup's data are wanted on the way back.
    private(set) var restores = false
    /// What the revision was last read to be, after every process of the target had ended.
    private(set) var reading: Reading?

    /// Whether the run holds because someone else changed the deployment.
    private var holdsForOthers = false
    /// Whether a person has said to go on although what others started may still be there: nothing of theirs is waited
    /// for then but the end of a migration.
    private(set) var clearsStrangers = false

    /// What a revision that was read on the way back means.
    enum Reading { case sources, moved }

    /// The run that a journal's first event starts.
    package init(_ first: Event) throws(Refusal) {
        guard case .started(let run, let plan, _, _) = first else {
            throw Refusal(description: "a journal starts with `started`")
        }
        self.run = run
        self.plan = plan
    }

    /// The run that these events fold to.
    package init(replaying events: [Event]) throws(Refusal) {
        guard let first = events.first else { throw Refusal(description: "an empty journal") }
        try self.init(first)
        for event in events.dropFirst() { try apply(event) }
    }

    /// What to do now. It depends on the state alone, so that a resumed run asks the same question.
    package var next: Next {
        switch position {
        case .held(let hold): .hold(hold)
        case .finished(let outcome): .finish(outcome)
        case .at(.confirm): .ask
        case .at(let stage):
            if let goal = stage.goal { .watch(goal) } else { .perform(command(at: stage), attempt: attempt) }
        }
    }

    /// The desired states that this run asks for from here.
    var blueprint: Blueprint {
        Blueprint(
            baseline: baseline, aim: aim, generation: generation, migrator: migrator, fleets: fleets,
            lastChange: lastChange)
    }

    private var generation: Generation { Generation(run: run, number: changes) }

    // Facts

    /// Takes in one fact. Nothing is read and nothing is done here.
    package mutating func apply(_ event: Event) throws(Refusal) {
        switch event {
        case .started: throw refusal(of: "started")
        case .began(let command): try begin(command)
        case .ended(let reply): try end(reply)
        case .judged(let goal, let verdict): try judged(goal, verdict)
        case .decided(let decision, _): try decide(decision)
        case .noticed, .interrupted, .continued: break
        }
    }

    private func refusal(of event: String) -> Refusal {
        let place =
            switch position {
            case .at(let stage): stage.rawValue
            case .held(let hold): "a hold at \(hold.stage.rawValue)"
            case .finished: "a run that has ended"
            }
        return Refusal(description: "`\(event)` does not fit \(place)")
    }

    private mutating func begin(_ command: Command) throws(Refusal) {
        guard case .perform(command, _) = next else { throw refusal(of: "began") }
        pending = command
        guard case .apply(let change) = command else { return }
        if lastChange != change, lastChange == nil || lastChangeIsTaken { changeBefore = lastChange }
        lastChange = change
        lastChangeIsTaken = false
        guard position == .at(.start) else { return }
        targetStarted = true
        reading = nil
    }

    private mutating func end(_ reply: Reply) throws(Refusal) {
        guard case .at(let stage) = position, let command = pending else { throw refusal(of: "ended") }
        if case .failed(let fault) = reply {
            pending = nil
            return failed(fault, at: stage)
        }
        try take(reply, of: command)
        pending = nil
        attempt = 0
        if case .at(stage) = position { advance(from: stage) }
    }

    private mutating func take(_ reply: Reply, of command: Command) throws(Refusal) {
        switch (command, reply) {
        case (.inspect, .inspected(let inspection)):
            self.inspection = inspection
            findings = inspection.findings
            let faults = Preflight.refusals(inspection)
            if !faults.isEmpty { position = .finished(.refused(faults: faults)) }
        case (.readImages, .imagesRead(let source, let target, let others)):
            self.source = source
            self.target = target
            self.others = others ?? []
            judgeImages(source, target)
        case (.check, .checked(let findings)):
            self.findings += findings
            let faults = findings.filter(\.refuses).map(\.fault)
            if !faults.isEmpty { position = .finished(.refused(faults: faults)) }
        case (.pause, .paused(let automation)):
            // Where an earlier reply was lost, only the first look knows what was active.
            let active = inspection?.deployment.automation.filter(\.isActive) ?? []
            for one in automation + active where !paused.contains(where: { $0.name == one.name }) { paused.append(one) }
            automationIsBack = false
        case (.backUp, .backedUp(let backup)): self.backup = backup
        case (.saveEvidence, .evidenceSaved(let files)): evidence += files
        case (.readRevision, .revision(let revisions)): judgeRevision(DatabaseState(revisions: revisions).revision)
        case (.resumeAutomation, .done): automationIsBack = true
        case (.apply, .done):
            lastChangeIsTaken = true
            conflicts = 0
        case (.restore, .done): break
        default: throw refusal(of: "ended")
        }
    }

    private mutating func judgeImages(_ source: ImageFacts, _ target: ImageFacts) {
        guard let inspection else { return }
        switch Preflight.answer(inspection, source: source, target: target, others: others, plan: plan) {
        case .refuse(let faults): position = .finished(.refused(faults: faults))
        case .nothingToDo: position = .finished(.upgraded(changed: false))
        case .proceed: break
        }
    }

    /// On the way back: only a schema that is the source's own lets the source start.
    private mutating func judgeRevision(_ revision: String?) {
        guard let source, revision != source.head else {
            migrated = false
            reading = .sources
            return
        }
        reading = .moved
        hold(.revisionMoved(revision, source: source, backup: restorable, cause: cause), at: .readRevision, moved: true)
    }

    private mutating func advance(from stage: Stage) {
        if let next = after(stage) {
            enter(next)
        } else {
            position = .finished(stage.isGoingBack ? .rolledBack(cause: cause) : .upgraded(changed: true))
        }
    }

    private mutating func enter(_ stage: Stage) {
        attempt = 0
        pending = nil
        position = .at(stage)
        clearsStrangers = false
        switch stage {
        case .scaleDown, .stop, .stopTarget, .startSource: changes += 1
        case .readRevision: reading = nil
        case .start:
            changes += 1
            migrator = generation
            fleets = []
        case .scaleUp where fleets.isEmpty:
            changes += 1
            fleets = [blueprint.migratorIsFinal ? migrator : generation].compactMap(\.self)
        default: break
        }
    }

    // Waiting

    private mutating func judged(_ goal: Goal, _ verdict: Verdict) throws(Refusal) {
        guard case .at(let stage) = position, stage.goal == goal else { throw refusal(of: "judged") }
        switch verdict {
        case .reached:
            if goal == .migrated { migrated = true }
            advance(from: stage)
        case .missed(let fault, let revision, let migrating):
            fail(fault, at: stage, revision: revision, migrating: migrating)
        case .crashed(let fault, let revision):
            if stage.isGoingBack || restarts >= plan.restarts {
                fail(fault, at: stage, revision: revision, migrating: false)
            } else {
                restarts += 1
                startAnew(from: stage)
            }
        case .interfered(let fault):
            hold(fault, at: stage, moved: mayHaveMoved)
            holdsForOthers = true
        }
    }

    /// A crash of the migrating instance begins again at zero instances; one of the others is made good beside those
    /// that serve.
    private mutating func startAnew(from stage: Stage) {
        guard stage.step == .scaleUp || stage == .verify else { return enter(.stop) }
        enter(.scaleUp)
        changes += 1
        fleets.append(generation)
    }

    // Failure

    /// How often a write that others disturb is made anew.
    private static let conflicts = 8

    /// How often a command is tried when its failure may pass by itself: as long as a wait bears with it.
    private var attempts: Int { plan.edition == nil ? 8 : Patience.attempts(lasting: plan.deadlines.database) }

    private mutating func failed(_ fault: Fault, at stage: Stage) {
        if fault.kind == .conflict, let earlier = lookBefore(stage), conflicts + 1 < Upgrade.conflicts {
            conflicts += 1
            return enter(earlier)
        }
        let mayPass = fault.kind == .unavailable || fault.kind == .conflict
        if mayPass, !stage.isBeforeFirstChange, attempt + 1 < attempts {
            attempt += 1
            return
        }
        let told = Fault.tooManyFailures(fault, attempts: attempt + 1)
        if fault.kind == .conflict, !stage.isBeforeFirstChange { return hold(told, at: stage, moved: mayHaveMoved) }
        fail(told, at: stage, revision: migrated ? target?.head : source?.head, migrating: false)
    }

    /// Where a failure leads: back, or to a hold. The database decides, never hope.
    private mutating func fail(_ fault: Fault, at stage: Stage, revision: String?, migrating: Bool) {
        if stage.isBeforeFirstChange {
            position = .finished(.refused(faults: [fault]))
        } else if stage.isGoingBack || stage.step == .resumeAutomation || migrating || revision == nil {
            hold(fault, at: stage, moved: mayHaveMoved)
        } else if targetStarted, revision != source?.head || hasMoved {
            hold(fault, at: stage, moved: true)
        } else {
            goBackByItself(from: fault)
        }
    }

    /// A person may have asked for the backup's data earlier; a run that goes back by itself never restores.
    private mutating func goBackByItself(from fault: Fault) {
        cause = fault
        restores = false
        enter(wayBack)
    }

    private mutating func hold(_ fault: Fault, at stage: Stage, moved: Bool) {
        pending = nil
        attempt = 0
        position = .held(Hold(fault: fault, stage: stage, revisionMoved: moved))
        holdsForOthers = false
    }

    // Decisions

    private mutating func decide(_ decision: Decision) throws(Refusal) {
        switch (decision, position) {
        case (.approve, .at(.confirm)): advance(from: .confirm)
        case (.resume, .held(let hold)):
            excuseCrashes()
            enter(reentry(from: hold))
            clearsStrangers = holdsForOthers && position == .at(.awaitMigrated)
        case (.restart, .held) where objectionToRestart == nil:
            excuseCrashes()
            enter(.stop)
        case (.rollback(let restore, let seen), .at(let stage)) where !stage.isBeforeFirstChange:
            try goBack(restore: restore, seen: seen)
        case (.rollback(let restore, let seen), .held),
            (.rollback(let restore, let seen), .finished(.upgraded(changed: true))):
            try goBack(restore: restore, seen: seen)
        case (.giveUp, .at), (.giveUp, .held): position = .finished(.givenUp)
        default: throw refusal(of: "decided")
        }
    }

    /// What ended before a person said to go on is started once more, also where the plan excuses nothing: otherwise
    /// going on would only find its end again. The first edition did not.
    private mutating func excuseCrashes() { restarts = plan.edition == nil ? 0 : min(0, plan.restarts - 1) }

    private mutating func goBack(restore: Bool, seen: [SchemaRevision]?) throws(Refusal) {
        let seen = seen.map { DatabaseState(revisions: $0) }
        if let objection = objection(toRollbackWithRestore: restore, seen: seen) {
            throw Refusal(description: objection.what)
        }
        if let seen, seen.revision == source?.head { migrated = false }
        restores = restore
        cause = nil
        pending = nil
        enter(wayBack)
    }
}
