package import UpgradeCore

/// How a simulated run ended.
package enum EndState: Int, CaseIterable, Sendable {
    case upgraded, alreadyUpgraded, refused, rolledBack, held, givenUp
}

/// How often the simulated runs came by each end, exit code, step and kind of trouble.
package struct Coverage: Equatable, Sendable {
    /// The exit codes of the program, and 137 for a process that was killed.
    package static let exitCodes = [0, 1, 2, 3, 4, 5, 6, 137]

    package private(set) var ends = [Int](repeating: 0, count: EndState.allCases.count)
    package private(set) var exits = [Int](repeating: 0, count: exitCodes.count)
    package var fates = [Int](repeating: 0, count: Trouble.Fate.allCases.count)
    private var cells = [Int](repeating: 0, count: Step.allCases.count * Trouble.Kind.allCases.count)

    package init() {}

    /// How often trouble of this kind came at this step.
    package subscript(step: Step, kind: Trouble.Kind) -> Int { cells[Coverage.cell(step, kind)] }

    mutating func met(_ kind: Trouble.Kind, at step: Step) { cells[Coverage.cell(step, kind)] += 1 }

    mutating func ended(_ end: EndState) { ends[end.rawValue] += 1 }

    mutating func exited(_ code: Int) {
        if let index = Coverage.exitCodes.firstIndex(of: code) { exits[index] += 1 }
    }

    mutating func add(_ other: Coverage) {
        for index in ends.indices { ends[index] += other.ends[index] }
        for index in exits.indices { exits[index] += other.exits[index] }
        for index in fates.indices { fates[index] += other.fates[index] }
        for index in cells.indices { cells[index] += other.cells[index] }
    }

    private static func cell(_ step: Step, _ kind: Trouble.Kind) -> Int {
        number(step) * Trouble.Kind.allCases.count + kind.rawValue
    }

    private static func number(_ step: Step) -> Int {
        switch step {
        case .preflight: 0
        case .probeImage: 1
        case .pause: 2
        case .scaleDown: 3
        case .swapImage: 4
        case .awaitMigrated: 5
        case .awaitHealthy: 6
        case .scaleUp: 7
        case .resumeAutomation: 8
        case .verify: 9
        case .goBack: 10
        }
    }

    /// Why trouble of this kind cannot come at this step; nil where it can.
    package static func impossibility(_ step: Step, _ kind: Trouble.Kind) -> String? {
        switch kind {
        case .conflict:
            [.scaleDown, .swapImage, .scaleUp, .goBack].contains(step)
                ? nil : "nothing is asked of the workloads at this step"
        case .repeated:
            [.awaitMigrated, .awaitHealthy, .verify].contains(step)
                ? "this step only looks, and a look has no effect" : nil
        case .autoscaler where step == .verify: "automation is back already when the end is verified"
        case .autoscaler:
            [.preflight, .probeImage].contains(step)
                ? "the autoscaler is not paused yet, so it cannot come back" : nil
        case .rival:
            [.preflight, .probeImage].contains(step)
                ? "a process stands still where it waits or changes something, and this step does neither" : nil
        case .kill, .lostReply, .slow, .platformAway, .databaseAway, .fullDisk, .signal, .person, .death: nil
        }
    }

    /// The cells that could be and are empty.
    package var gaps: [String] {
        var gaps: [String] = []
        for step in Step.allCases {
            for kind in Trouble.Kind.allCases
            where self[step, kind] == 0 && Coverage.impossibility(step, kind) == nil {
                gaps.append("\(step.rawValue) × \(kind)")
            }
        }
        for end in EndState.allCases where ends[end.rawValue] == 0 { gaps.append("end \(end)") }
        for (index, code) in Coverage.exitCodes.enumerated() where exits[index] == 0 { gaps.append("exit \(code)") }
        for fate in Trouble.Fate.allCases where fates[fate.rawValue] == 0 { gaps.append("migration \(fate)") }
        return gaps
    }
}
