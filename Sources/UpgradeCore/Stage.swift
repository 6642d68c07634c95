/// One stage of the procedure, as people see it.
package enum Step: String, Codable, CaseIterable, Sendable {
    case preflight
    case probeImage = "probe-image"
    case pause
    case scaleDown = "scale-down"
    case swapImage = "swap-image"
    case awaitMigrated = "await-migrated"
    case awaitHealthy = "await-healthy"
    case scaleUp = "scale-up"
    case resumeAutomation = "resume-automation"
    case verify
    case goBack = "go-back"
}

/// Where exactly a run stands: each stage either does one thing or waits for one thing.
package enum Stage: String, Codable, CaseIterable, Sendable {
    case inspect, readImages, check, confirm
    case pause, awaitQuiet
    case scaleDown, awaitOneLeft
    case stop, awaitNoneLeft, backUp, start
    case awaitMigrated, awaitHealthy
    case scaleUp, awaitFleet, replaceMigrator, awaitReplaced
    case resumeAutomation, awaitAutomation, verify
    case pauseAgain, awaitQuietAgain, saveEvidence, stopTarget, awaitTargetGone, restore, readRevision, startSource,
        awaitSource
    case resumeAutomationBack, awaitAutomationBack

    /// The step that people see for it.
    package var step: Step {
        switch self {
        case .inspect: .preflight
        case .readImages, .check, .confirm: .probeImage
        case .pause, .awaitQuiet: .pause
        case .scaleDown, .awaitOneLeft: .scaleDown
        case .stop, .awaitNoneLeft, .backUp, .start: .swapImage
        case .awaitMigrated: .awaitMigrated
        case .awaitHealthy: .awaitHealthy
        case .scaleUp, .awaitFleet, .replaceMigrator, .awaitReplaced: .scaleUp
        case .resumeAutomation, .awaitAutomation: .resumeAutomation
        case .verify: .verify
        case .pauseAgain, .awaitQuietAgain, .saveEvidence, .stopTarget, .awaitTargetGone, .restore, .readRevision,
            .startSource, .awaitSource, .resumeAutomationBack, .awaitAutomationBack:
            .goBack
        }
    }

    /// What the stage waits for; nil for one that does something.
    package var goal: Goal? {
        switch self {
        case .awaitQuiet, .awaitQuietAgain: .quiet
        case .awaitOneLeft: .oneLeft
        case .awaitNoneLeft, .awaitTargetGone: .noneLeft
        case .awaitMigrated: .migrated
        case .awaitHealthy: .healthy
        case .awaitFleet: .fleetServing
        case .awaitReplaced: .allServing
        case .awaitSource: .sourceServing
        case .awaitAutomation, .awaitAutomationBack: .automated
        case .verify: .verified
        case .inspect, .readImages, .check, .confirm, .pause, .scaleDown, .stop, .backUp, .start, .scaleUp,
            .replaceMigrator, .resumeAutomation, .pauseAgain, .saveEvidence, .stopTarget, .restore, .readRevision,
            .startSource, .resumeAutomationBack:
            nil
        }
    }

    /// Whether the deployment is still as it was found.
    package var isBeforeFirstChange: Bool {
        switch self {
        case .inspect, .readImages, .check, .confirm: true
        default: false
        }
    }

    /// Whether the run is on its way back to the source.
    package var isGoingBack: Bool { step == .goBack }
}

/// How a run ended.
package enum Outcome: Codable, Equatable, Sendable {
    /// The deployment is as asked; `changed` is false where it already was.
    case upgraded(changed: Bool)
    /// Nothing was changed, for these reasons.
    case refused(faults: [Fault])
    /// The source serves again; `cause` is nil where a person asked for it.
    case rolledBack(cause: Fault?)
    /// A person gave the run up and the deployment stayed as it was then.
    case givenUp
}

/// A run that could neither finish nor safely go back.
package struct Hold: Codable, Equatable, Sendable {
    package let fault: Fault
    /// Where the run stood.
    package let stage: Stage
    /// Whether the schema is, or may be, past the source.
    package let revisionMoved: Bool

    package init(fault: Fault, stage: Stage, revisionMoved: Bool) {
        self.fault = fault
        self.stage = stage
        self.revisionMoved = revisionMoved
    }
}
