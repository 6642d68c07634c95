/// One run of the procedure: what has happened, and what is to be done next.
///
/// The rules of the whole program are in this file. `apply` folds a fact into the state or refuses it; `next` reads off
/// the state what to do. A resumed run is the fold of its journal, asked the same question.
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
    private var attempt = 0
    private var conflicts = 0
    private var restarts = 0
    private var changes = 0
    /// What the instance carries that migrates.
    package private(set) var migrator: Generation?
    /// What the others carry; a crash adds one, so that what has ended can be told from what is started for it.
    private var fleets: [Generation] = []
    private var restores = false
    /// What the revision was last read to be, after every process of the target had ended.
    private var reading: Reading?

    private enum Reading { case sources, moved }

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

    /// Whether the run still owns its deployment.
    package var isUnfinished: Bool {
        if case .finished = position { false } else { true }
    }

    /// Whether the schema has moved past the source, as far as the run has seen.
    package var hasMoved: Bool { migrated && source?.head != target?.head }

    /// Whether the schema may be past the source's without having been seen there.
    private var mayHaveMoved: Bool { targetStarted && source?.head != target?.head && reading != .sources }

    package var stage: Stage? {
        switch position {
        case .at(let stage): stage
        case .held(let hold): hold.stage
        case .finished: nil
        }
    }

    /// How many revisions the migration will run.
    package var pendingRevisions: ArraySlice<String> {
        guard let target, let head = source?.head, let index = target.chain.firstIndex(of: head) else { return [] }
        return target.chain[(index + 1)...]
    }

    /// The generations whose instances belong to the target's side of this run.
    package var targetGenerations: [Generation] { [migrator].compactMap(\.self) + fleets }

    /// Whether an instance has ended by itself since the target was scaled up.
    package var fleetHasCrashed: Bool { fleets.count > 1 }

    /// How many instances each workload ends with when all goes well.
    package func replicas(of workload: Workload) -> Int {
        workload.role == .main ? plan.replicas ?? workload.settings.replicas : workload.settings.replicas
    }

    // Commands

    private func command(at stage: Stage) -> Command {
        switch stage {
        case .inspect: return .inspect
        case .readImages:
            let image = baseline.first { $0.role == .main }?.settings.image ?? ""
            return .readImages(source: image, target: targetImage(for: image))
        case .check: return .check
        case .pause, .pauseAgain: return .pause
        case .scaleDown: return .apply(change: scaledDown)
        case .stop: return .apply(change: stopped)
        case .backUp: return .backUp
        case .start: return .apply(change: migrating)
        case .scaleUp: return .apply(change: scaledUp(keepsMigrator: true))
        case .replaceMigrator: return .apply(change: scaledUp(keepsMigrator: false))
        case .resumeAutomation, .resumeAutomationBack: return .resumeAutomation(paused: paused)
        case .saveEvidence: return .saveEvidence
        case .stopTarget: return .apply(change: stopped)
        case .restore: return backup.map { .restore(backup: $0) } ?? .readRevision
        case .readRevision: return .readRevision
        case .startSource: return .apply(change: asBefore)
        case .confirm, .awaitQuiet, .awaitOneLeft, .awaitNoneLeft, .awaitMigrated, .awaitHealthy, .awaitFleet,
            .awaitReplaced, .verify, .awaitTargetGone, .awaitSource:
            return .readRevision  // never asked: these stages wait
        }
    }

    /// The workloads as they were before the run.
    package var baseline: [Workload] { inspection?.deployment.workloads ?? [] }

    /// The target's image for a workload that now runs this one.
    package func targetImage(for image: String) -> String {
        Release(plan.target).map { ImageName(image).at($0).description } ?? plan.target
    }

    private var generation: Generation { Generation(run: run, number: changes) }

    private func change(_ desired: (Workload) -> (Settings, Generation, [Generation]?)) -> Change {
        Change(
            workloads: baseline.map { workload in
                let (settings, naming, accepts) = desired(workload)
                return Change.Desired(workload: workload.name, settings: settings, naming: naming, accepts: accepts)
            })
    }

    private var scaledDown: Change {
        change { ($0.settings.with(replicas: $0.role == .main ? min(1, $0.settings.replicas) : 0), generation, nil) }
    }

    private var stopped: Change {
        change { workload in
            let last = lastChange?[workload.name]?.settings ?? workload.settings
            return (last.with(replicas: 0), generation, [])
        }
    }

    private var migrating: Change {
        change { workload in
            guard workload.role == .main else { return (workload.settings.with(replicas: 0), generation, []) }
            let image = targetImage(for: workload.settings.image)
            return (workload.settings.forMigrating(image: image), generation, [generation])
        }
    }

    private func finalSettings(_ workload: Workload) -> Settings {
        workload.settings.with(image: targetImage(for: workload.settings.image), replicas: replicas(of: workload))
    }

    private func scaledUp(keepsMigrator: Bool) -> Change {
        let naming = fleets.last ?? generation
        return change { workload in
            let kept = keepsMigrator && workload.role == .main ? [migrator].compactMap(\.self) : []
            return (finalSettings(workload), naming, kept + fleets.filter { !kept.contains($0) })
        }
    }

    private var asBefore: Change { change { ($0.settings, generation, nil) } }

    /// Whether the migrating instance already has the settings that it is to end with.
    private var migratorIsFinal: Bool {
        guard let main = baseline.first(where: { $0.role == .main }) else { return true }
        let settings = finalSettings(main)
        return main.settings.forMigrating(image: settings.image) == settings.with(replicas: 1)
    }

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
        case (.readImages, .imagesRead(let source, let target)):
            self.source = source
            self.target = target
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
        switch Preflight.answer(inspection, source: source, target: target, plan: plan) {
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
        hold(.revisionMoved(revision, source: source, backup: backup, cause: cause), at: .readRevision, moved: true)
    }

    /// The stage that follows when one has done its work; nil where the run is over.
    private func after(_ stage: Stage) -> Stage? {
        switch stage {
        case .inspect: .readImages
        case .readImages: .check
        case .check: .confirm
        case .confirm: .pause
        case .pause: .awaitQuiet
        case .awaitQuiet: plan.strategy == .scaleToOne ? .scaleDown : .stop
        case .scaleDown: .awaitOneLeft
        case .awaitOneLeft: .stop
        case .stop: .awaitNoneLeft
        case .awaitNoneLeft: needsBackup ? .backUp : .start
        case .backUp: .start
        case .start: .awaitMigrated
        case .awaitMigrated: .awaitHealthy
        case .awaitHealthy: .scaleUp
        case .scaleUp: .awaitFleet
        case .awaitFleet: migratorIsFinal ? .resumeAutomation : .replaceMigrator
        case .replaceMigrator: .awaitReplaced
        case .awaitReplaced: .resumeAutomation
        case .resumeAutomation: .verify
        case .verify: nil
        case .pauseAgain: .saveEvidence
        case .saveEvidence: .stopTarget
        case .stopTarget: .awaitTargetGone
        case .awaitTargetGone: restores ? .restore : .readRevision
        case .restore: .readRevision
        case .readRevision: .startSource
        case .startSource: .awaitSource
        case .awaitSource: .resumeAutomationBack
        case .resumeAutomationBack: nil
        }
    }

    private var needsBackup: Bool {
        if case .none = plan.backup { return false }
        return backup == nil
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
        switch stage {
        case .scaleDown, .stop, .stopTarget, .startSource: changes += 1
        case .readRevision: reading = nil
        case .start:
            changes += 1
            migrator = generation
            fleets = []
        case .scaleUp where fleets.isEmpty:
            changes += 1
            fleets = [migratorIsFinal ? migrator : generation].compactMap(\.self)
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
        case .interfered(let fault): hold(fault, at: stage, moved: mayHaveMoved)
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

    /// How often a command is tried when its failure may pass by itself; the pauses between add up to half a minute.
    private static let attempts = 8

    private mutating func failed(_ fault: Fault, at stage: Stage) {
        if fault.kind == .conflict, let earlier = lookBefore(stage), conflicts + 1 < Upgrade.attempts {
            conflicts += 1
            return enter(earlier)
        }
        let mayPass = fault.kind == .unavailable || fault.kind == .conflict
        if mayPass, !stage.isBeforeFirstChange, attempt + 1 < Upgrade.attempts {
            attempt += 1
            return
        }
        let told = Fault.tooManyFailures(fault, attempts: attempt + 1)
        if fault.kind == .conflict, !stage.isBeforeFirstChange { return hold(told, at: stage, moved: mayHaveMoved) }
        fail(told, at: stage, revision: migrated ? target?.head : source?.head, migrating: false)
    }

    /// Where to look again before something is started, when someone else has changed the deployment meanwhile; nil where
    /// nothing is started that could meet what they have done.
    private func lookBefore(_ stage: Stage) -> Stage? {
        switch stage {
        case .scaleDown: .awaitQuiet
        case .stop where !targetStarted: plan.strategy == .scaleToOne ? .awaitOneLeft : .awaitQuiet
        case .start: .awaitNoneLeft
        case .scaleUp, .replaceMigrator: .awaitMigrated
        case .startSource: targetStarted ? .stopTarget : .readRevision
        default: nil
        }
    }

    /// Where a failure leads: back, or to a hold. The database decides, never hope.
    private mutating func fail(_ fault: Fault, at stage: Stage, revision: String?, migrating: Bool) {
        if stage.isBeforeFirstChange {
            position = .finished(.refused(faults: [fault]))
        } else if stage.isGoingBack || stage == .resumeAutomation || migrating || revision == nil {
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

    private var wayBack: Stage {
        guard targetStarted else { return .readRevision }
        return automationIsBack ? .pauseAgain : .saveEvidence
    }

    private mutating func hold(_ fault: Fault, at stage: Stage, moved: Bool) {
        pending = nil
        attempt = 0
        position = .held(Hold(fault: fault, stage: stage, revisionMoved: moved))
    }

    // Decisions

    private mutating func decide(_ decision: Decision) throws(Refusal) {
        switch (decision, position) {
        case (.approve, .at(.confirm)): advance(from: .confirm)
        case (.resume, .held(let hold)):
            restarts = 0
            enter(reentry(from: hold))
        case (.rollback(let restore), .at(let stage)) where !stage.isBeforeFirstChange:
            try goBack(restore: restore)
        case (.rollback(let restore), .held), (.rollback(let restore), .finished(.upgraded(changed: true))):
            try goBack(restore: restore)
        case (.giveUp, .at), (.giveUp, .held): position = .finished(.givenUp)
        default: throw refusal(of: "decided")
        }
    }

    /// Why a person may not go back in this way now; nil where they may.
    package func objection(toRollbackWithRestore restore: Bool) -> Fault? {
        switch position {
        case .finished(.upgraded(changed: true)), .held: break
        case .at(let stage) where !stage.isBeforeFirstChange: break
        case .at, .finished: return .nothingToGoBackFrom(run)
        }
        if restore, backup == nil { return .noBackup(run) }
        if !restore, hasMoved { return .goingBackNeedsRestore(run, hasBackup: backup != nil) }
        return nil
    }

    private mutating func goBack(restore: Bool) throws(Refusal) {
        if let objection = objection(toRollbackWithRestore: restore) { throw Refusal(description: objection.what) }
        restores = restore
        cause = nil
        pending = nil
        enter(wayBack)
    }

    /// Where a held run goes on. Nothing is scaled up again before revision and health have been seen anew.
    ///
    /// A run that could not go back because the schema has moved can only go forward, from zero instances. A source
    /// version never starts on what was read before the hold.
    private func reentry(from hold: Hold) -> Stage {
        switch hold.stage {
        case .readRevision where targetStarted && reading == .moved && !restores: .stop
        case .awaitQuiet: .pause
        case .awaitOneLeft: .scaleDown
        case .awaitNoneLeft: .stop
        case .awaitHealthy, .scaleUp, .awaitFleet, .replaceMigrator, .awaitReplaced, .verify: .awaitMigrated
        case .awaitTargetGone: .stopTarget
        case .startSource, .awaitSource: .readRevision
        case .start: .stop
        default: hold.stage
        }
    }
}
