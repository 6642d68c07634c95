/// What was seen at one moment. The deployment is looked at before the database, so that a port that was open while the
/// revision was not yet the head is certain.
package struct Observation: Sendable {
    package let deployment: Result<Deployment, Fault>
    package let database: Result<DatabaseState, Fault>

    package init(deployment: Result<Deployment, Fault>, database: Result<DatabaseState, Fault>) {
        self.deployment = deployment
        self.database = database
    }

    /// Whether a signal ended the look before all was seen.
    var isInterrupted: Bool {
        if case .failure(let fault) = deployment, fault.kind == .interrupted { return true }
        if case .failure(let fault) = database, fault.kind == .interrupted { return true }
        return false
    }
}

/// A point on a monotonic clock of this machine.
package struct Moment: Comparable, Hashable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

    package func advanced(milliseconds: Int64) -> Moment { Moment(milliseconds: self.milliseconds + milliseconds) }
}

/// Waiting for one goal: it remembers what moved last and judges what is seen. It neither looks nor waits itself.
///
/// A watch lives in memory only. A resumed run begins a new one, with its deadline whole.
package struct Watch: Sendable {
    package let goal: Goal
    private var lastProgress: Moment
    private var progress = Progress()
    private var told: Set<Notice> = []
    private var platform = Patience()
    private var database = Patience()
    private var blockers: [String] = []
    private var blockedSince: Moment?

    package init(_ goal: Goal, since now: Moment) {
        self.goal = goal
        lastProgress = now
    }

    /// How long a lock is waited for before it is told, in milliseconds.
    private static let toleratedLockWait: Int64 = 2_000

    /// Turns what was seen into the fact that it means for this run, or into nothing yet.
    package mutating func judge(_ seen: Observation, of upgrade: Upgrade, at now: Moment) -> Event? {
        let patience = upgrade.plan.deadlines.database
        let deployment: Deployment
        switch seen.deployment {
        case .failure(let fault):
            if platform.isOver(after: patience, at: now) { return missed(fault, migrating: true) }
            return tell(.platformLost(why: fault.why)).map(Event.noticed)
        case .success(let value): deployment = value
        }
        if isBack(platform.end(at: now), at: now) {
            told = told.filter { if case .platformLost = $0 { false } else { true } }
        }
        let state: DatabaseState
        switch seen.database {
        case .failure(let fault):
            if database.isOver(after: patience, at: now) { return missed(fault, migrating: false) }
            return tell(.databaseLost(why: fault.why)).map(Event.noticed)
        case .success(let value): state = value
        }
        if isBack(database.end(at: now), at: now) {
            told = told.filter { if case .databaseLost = $0 { false } else { true } }
            return .noticed(notice: .databaseBack)
        }
        let look = Look(upgrade: upgrade, goal: goal, deployment: deployment, database: state)
        if let fault = look.interference { return .judged(goal: goal, verdict: .interfered(fault: fault)) }
        if let verdict = look.verdict { return .judged(goal: goal, verdict: verdict) }
        let isMoving = progress.takes(look) || look.migrationWorks
        if isMoving { lastProgress = now }
        if let notice = notice(look, at: now) { return .noticed(notice: notice) }
        return overdue(look, at: now)
    }

    private func missed(_ fault: Fault, migrating: Bool) -> Event {
        .judged(goal: goal, verdict: .missed(fault: fault, revision: nil, migrating: migrating))
    }

    /// Takes in how long a side was away that answers again: what could not be seen counts neither as progress nor as
    /// time without it.
    private mutating func isBack(_ away: Int64?, at now: Moment) -> Bool {
        guard let away else { return false }
        lastProgress = min(now, lastProgress.advanced(milliseconds: away))
        return true
    }

    private mutating func tell(_ notice: Notice) -> Notice? { told.insert(notice).inserted ? notice : nil }

    private mutating func notice(_ look: Look, at now: Moment) -> Notice? {
        guard goal == .migrated else { return nil }
        for line in look.deployment.living.compactMap(\.migrationLog) {
            if let notice = tell(.migration(line: line)) { return notice }
        }
        let waits = look.database.sessions.flatMap(\.waitsFor)
        if waits != blockers {
            blockers = waits
            blockedSince = now
        }
        guard let since = blockedSince, !waits.isEmpty,
            now >= since.advanced(milliseconds: Watch.toleratedLockWait)
        else { return nil }
        return tell(.blocked(by: waits))
    }

    private func overdue(_ look: Look, at now: Moment) -> Event? {
        let seconds = allowed(look.upgrade.plan.deadlines)
        guard now >= lastProgress.advanced(milliseconds: Int64(seconds) * 1000) else { return nil }
        return .judged(goal: goal, verdict: look.overdue(after: seconds))
    }

    private func allowed(_ deadlines: Deadlines) -> Int {
        switch goal {
        case .quiet, .automated, .oneLeft, .noneLeft: deadlines.stop
        case .migrated: deadlines.migration
        case .healthy, .fleetServing, .allServing, .sourceServing, .verified: deadlines.healthy
        }
    }
}
