/// What has moved while a goal is waited for.
///
/// Only what was not there before is progress: an instance that comes and goes, or an answer that changes to and fro,
/// moves nothing. Each measure therefore counts by the best it has ever been.
struct Progress: Sendable {
    /// How far things are; more is further.
    private struct Measures: Sendable {
        var values: [Int]

        /// Whether any value is better than its best so far, which this becomes.
        mutating func improve(to others: [Int]) -> Bool {
            guard values.count == others.count else {
                values = others
                return true
            }
            var isBetter = false
            for (index, other) in others.enumerated() where other > values[index] {
                values[index] = other
                isBetter = true
            }
            return isBetter
        }
    }

    private var measures = Measures(values: [])
    private var lines: Set<String> = []
    private var sessions: [Session] = []
    /// The last signs of work, the newest last: few, so that a long migration takes no memory.
    private var signs: [String] = []
    private static let kept = 32

    /// Takes in one look; whether something has moved since the others.
    mutating func takes(_ look: Look) -> Bool {
        var moved = measures.improve(to: look.measures)
        if look.goal == .migrated || look.goal == .noneLeft { moved = works(look) || moved }
        return moved
    }

    /// Whether the database does something for a migration, or its log says something new.
    private mutating func works(_ look: Look) -> Bool {
        var moved = false
        for line in look.deployment.living.compactMap(\.migrationLog) where lines.insert(line).inserted { moved = true }
        // A session at zero instances must be one that a killed migrator left.
        let own = look.goal == .migrated ? look.database.sessions : look.database.writers
        if own.contains(where: \.isWorking), isNew("activity \(look.database.activity)") { moved = true }
        // One that comes and goes is no progress; one that begins another statement is.
        for session in own where sessions.contains(where: { $0.pid == session.pid && $0.mark != session.mark }) {
            if isNew("\(session.pid) \(session.mark)") { moved = true }
        }
        sessions = own
        return moved
    }

    private mutating func isNew(_ sign: String) -> Bool {
        guard !signs.contains(sign) else { return false }
        signs.append(sign)
        if signs.count > Progress.kept { signs.removeFirst() }
        return true
    }
}

extension Look {
    /// How far things are on the way to the goal, each measure apart; more is further.
    var measures: [Int] {
        let living = deployment.living
        switch goal {
        case .quiet: return [-deployment.automation.count(where: \.isActive)]
        case .automated: return [deployment.automation.count(where: \.isActive)]
        case .oneLeft, .noneLeft:
            return [-living.count, -living.count { $0.state == .running }, -database.sessions.count]
        case .migrated, .healthy, .fleetServing, .allServing, .verified, .sourceServing:
            let right = deployment.workloads.flatMap { workload in
                workload.living.filter { upgrade.lastChange?[workload.name]?.accepts($0) ?? false }
            }
            return [
                right.count { $0.state == .running }, right.count { $0.answer != .none }, right.count(where: \.isWell),
                // A start that is excused has its time anew; how many are is bounded.
                right.reduce(0) { $0 + $1.restarts }, right.count - living.count,
            ]
        }
    }
}

extension Instance {
    fileprivate var isWell: Bool { if case .serving = answer { state == .running } else { false } }
}
