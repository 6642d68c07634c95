import UpgradeCore

/// What the exit code of a command says of the deployment.
enum Exit: Int32, CaseIterable, Codable {
    /// It is as asked.
    case asAsked = 0
    /// It is as it was when this tool itself failed; the message says where that is written.
    case toolFailed = 1
    /// It is unchanged: refused before any change.
    case refused = 2
    /// It is as before the run: the run went back, the source serves.
    case wentBack = 3
    /// It holds and needs a person.
    case held = 4
    /// It belongs to another run.
    case owned = 5
    /// It was left at a durable point by a signal; the same command goes on.
    case interrupted = 6
    /// It is unchanged: the command line is wrong (`EX_USAGE` of sysexits.h).
    case usage = 64

    /// The exit code of a fault that ended a command; `isInRun` is true in a run that may have changed something.
    init(_ fault: Fault, isInRun: Bool = false) {
        switch fault.kind {
        case .owned: self = .owned
        case .interrupted: self = .interrupted
        default: self = isInRun ? .toolFailed : .refused
        }
    }

    /// The exit code of a run that came to this end.
    init(_ outcome: Outcome) {
        switch outcome {
        case .upgraded, .givenUp, .rolledBack(cause: nil): self = .asAsked
        case .rolledBack: self = .wentBack
        case .refused(let faults): self = faults.contains { $0.kind == .owned } ? .owned : .refused
        }
    }
}
