/// The course of a run: which stage asks for what, which follows which, and where a run begins again. All of it reads the
/// state and changes nothing.
extension Upgrade {
    /// Whether the run still owns its deployment.
    package var isUnfinished: Bool {
        if case .finished = position { false } else { true }
    }

    package var stage: Stage? {
        switch position {
        case .at(let stage): stage
        case .held(let hold): hold.stage
        case .finished: nil
        }
    }

    // What was found and what is aimed at

    /// The workloads as they were before the run.
    package var baseline: [Workload] { inspection?.deployment.workloads ?? [] }

    var aim: Aim { Aim(plan: plan, targets: [target].compactMap(\.self) + others) }

    /// The target's image for a workload that now runs this one: exactly the one that was read, once that is known.
    package func targetImage(for image: String) -> String { aim.image(for: image) }

    /// How many instances each workload ends with when all goes well.
    package func replicas(of workload: Workload) -> Int { aim.replicas(of: workload) }

    /// How many revisions the migration will run.
    package var pendingRevisions: ArraySlice<String> {
        guard let target, let head = source?.head, let index = target.chain.firstIndex(of: head) else { return [] }
        return target.chain[(index + 1)...]
    }

    /// Whether the schema has moved past the source, as far as the run has seen.
    package var hasMoved: Bool { migrated && source?.head != target?.head }

    /// Whether the schema may be past the source's without having been seen there.
    var mayHaveMoved: Bool { targetStarted && source?.head != target?.head && reading != .sources }

    /// The generations whose instances belong to the target's side of this run.
    package var targetGenerations: [Generation] { [migrator].compactMap(\.self) + fleets }

    /// Whether an instance has ended by itself since the target was scaled up.
    package var fleetHasCrashed: Bool { fleets.count > 1 }

    // The stages

    func command(at stage: Stage) -> Command {
        switch stage {
        case .inspect: return .inspect
        case .readImages: return readImages
        case .check: return .check
        case .pause, .pauseAgain: return .pause
        case .scaleDown: return .apply(change: blueprint.scaledDown)
        case .stop, .stopTarget: return .apply(change: blueprint.stopped)
        case .backUp: return .backUp
        case .start: return .apply(change: blueprint.migrating)
        case .scaleUp: return .apply(change: blueprint.scaledUp(keepsMigrator: true))
        case .replaceMigrator: return .apply(change: blueprint.scaledUp(keepsMigrator: false))
        case .resumeAutomation, .resumeAutomationBack: return .resumeAutomation(paused: paused)
        case .saveEvidence: return .saveEvidence
        case .restore: return backup.map { .restore(backup: $0) } ?? .readRevision
        case .readRevision: return .readRevision
        case .startSource: return .apply(change: blueprint.asBefore(startingAnew: targetStarted ? source : nil))
        case .confirm, .awaitQuiet, .awaitOneLeft, .awaitNoneLeft, .awaitMigrated, .awaitHealthy, .awaitFleet,
            .awaitReplaced, .awaitAutomation, .verify, .awaitQuietAgain, .awaitTargetGone, .awaitSource,
            .awaitAutomationBack:
            return .readRevision  // never asked: these stages wait
        }
    }

    private var readImages: Command {
        let image = baseline.first { $0.role == .main }?.settings.image ?? ""
        let target = aim.name(for: image)
        var others: [String] = []
        if plan.edition != nil {
            for name in baseline.map({ aim.name(for: $0.settings.image) })
            where name != target && !others.contains(name) {
                others.append(name)
            }
        }
        return .readImages(source: image, target: target, others: others.isEmpty ? nil : others)
    }

    /// The stage that follows when one has done its work; nil where the run is over.
    func after(_ stage: Stage) -> Stage? {
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
        case .awaitFleet: blueprint.migratorIsFinal ? .resumeAutomation : .replaceMigrator
        case .replaceMigrator: .awaitReplaced
        case .awaitReplaced: .resumeAutomation
        case .resumeAutomation: waitsForAutomation ? .awaitAutomation : .verify
        case .awaitAutomation: .verify
        case .verify: nil
        case .pauseAgain: plan.edition == nil ? .saveEvidence : .awaitQuietAgain
        case .awaitQuietAgain: .saveEvidence
        case .saveEvidence: .stopTarget
        case .stopTarget: .awaitTargetGone
        case .awaitTargetGone: restores ? .restore : .readRevision
        case .restore: .readRevision
        case .readRevision: .startSource
        case .startSource: .awaitSource
        case .awaitSource: .resumeAutomationBack
        case .resumeAutomationBack: waitsForAutomation ? .awaitAutomationBack : nil
        case .awaitAutomationBack: nil
        }
    }

    /// Whether something was paused, or may have been, that must be seen active again. The first edition did not look.
    private var waitsForAutomation: Bool {
        let wasActive = inspection?.deployment.automation.contains(where: \.isActive) ?? false
        return plan.edition != nil && (wasActive || !paused.isEmpty)
    }

    private var needsBackup: Bool {
        if case .none = plan.backup { return false }
        return backup == nil
    }

    /// Where to look again before something is started, when someone else has changed the deployment meanwhile; nil where
    /// nothing is started that could meet what they have done.
    func lookBefore(_ stage: Stage) -> Stage? {
        switch stage {
        case .scaleDown: .awaitQuiet
        case .stop where !targetStarted: plan.strategy == .scaleToOne ? .awaitOneLeft : .awaitQuiet
        case .start: .awaitNoneLeft
        case .scaleUp, .replaceMigrator: .awaitMigrated
        case .startSource: targetStarted ? .stopTarget : .readRevision
        default: nil
        }
    }

    /// Where going back begins.
    var wayBack: Stage {
        guard targetStarted else { return .readRevision }
        return automationIsBack || stage == .awaitQuietAgain ? .pauseAgain : .saveEvidence
    }

    /// Where a held run goes on. Nothing is scaled up again before revision and health have been seen anew; nothing is
    /// backed up or restored before zero instances have.
    ///
    /// A run that could not go back because the schema has moved can only go forward, from zero instances. A source
    /// version never starts on what was read before the hold.
    func reentry(from hold: Hold) -> Stage {
        switch hold.stage {
        case .readRevision where targetStarted && reading == .moved && !restores: .stop
        case .awaitQuiet: .pause
        case .awaitOneLeft: .scaleDown
        case .awaitNoneLeft: .stop
        case .backUp where plan.edition != nil: .stop
        case .awaitHealthy, .scaleUp, .awaitFleet, .replaceMigrator, .awaitReplaced, .verify: .awaitMigrated
        case .awaitAutomation: .resumeAutomation
        case .awaitQuietAgain: .pauseAgain
        case .awaitTargetGone: .stopTarget
        case .restore where plan.edition != nil: .stopTarget
        case .startSource, .awaitSource: .readRevision
        case .awaitAutomationBack: .resumeAutomationBack
        case .start: .stop
        default: hold.stage
        }
    }

    // What a person may ask for

    /// The backup, where this program knows how to put it back.
    var restorable: BackupRecord? { plan.backup.isRestorable ? backup : nil }

    /// Why the run may not go on with its instance started anew; nil where it may. One that may still migrate is never
    /// ended for it, and of a fleet some may serve: there a person ends what is not well.
    package var objectionToRestart: Fault? {
        if case .held(let hold) = position, hold.stage == .awaitHealthy { return nil }
        return .nothingToRestart(run)
    }

    /// Why a person may not go back in this way now; nil where they may. What the database says now decides; where it was
    /// not asked, what the run has seen of it.
    package func objection(toRollbackWithRestore restore: Bool, seen: DatabaseState? = nil) -> Fault? {
        switch position {
        case .finished(.upgraded(changed: true)), .held: break
        case .at(let stage) where !stage.isBeforeFirstChange: break
        case .finished(.rolledBack): return .alreadyBack(run)
        case .at, .finished: return .nothingToGoBackFrom(run)
        }
        if restore { return backup == nil ? .noBackup(run) : nil }
        let isPast = if let seen, targetStarted { seen.revision != source?.head } else { hasMoved }
        return isPast ? .goingBackNeedsRestore(run, hasBackup: restorable != nil, seen: seen) : nil
    }
}
