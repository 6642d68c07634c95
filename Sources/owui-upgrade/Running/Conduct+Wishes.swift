import UpgradeCore

/// What speaks against a wish, before the lock is taken and anything is written.
extension Conduct {
    func objection(to wish: Wish, newest: RecordedRun?) async throws(Fault) {
        switch wish {
        case .upgrade(let plan):
            guard let newest, newest.upgrade.isUnfinished else { return }
            if Release(newest.upgrade.plan.target) == Release(plan.target) { return }
            throw .unfinishedRun(newest.id, target: newest.upgrade.plan.target, asked: plan.target)
        case .resume:
            guard let newest else { throw .noRun() }
            if case .finish(let outcome) = newest.upgrade.next {
                throw .nothingToResume(newest.id, ended: outcome.told)
            }
        case .rollback(let restore):
            guard let newest else { throw .noRun() }
            _ = try await goingBack(newest.upgrade, restore: restore)
            guard restore, let backup = newest.upgrade.backup else { return }
            try await site.database.checkRestore(backup, newest.upgrade.plan.backup)
        case .restart:
            guard let newest else { throw .noRun() }
            if let objection = newest.upgrade.objectionToRestart { throw objection }
        }
    }

    /// The decision to go back, with what the database says now: a schema that a person has put back by hand may take the
    /// old version again, and one that has moved since must not cost an outage to find out.
    func goingBack(_ upgrade: Upgrade, restore: Bool) async throws(Fault) -> Decision {
        let asks = !restore && upgrade.targetStarted
        let seen = asks ? try await site.database.look() : nil
        if let objection = upgrade.objection(toRollbackWithRestore: restore, seen: seen) { throw objection }
        return .rollback(restore: restore, seen: seen?.revisions)
    }
}

extension Plan {
    /// What is told to whoever asks an unfinished run for another plan than it was begun with; nil where they agree.
    func notice(insteadOf asked: Plan) -> String? {
        var differences: [String] = []
        if strategy != asked.strategy { differences.append("strategy \(strategy.rawValue)") }
        if replicas != asked.replicas {
            differences.append(replicas.map { "\($0) replicas" } ?? "as many replicas as before")
        }
        if backup != asked.backup { differences.append("the backup that was chosen then") }
        if deadlines != asked.deadlines || restarts != asked.restarts { differences.append("the deadlines of then") }
        guard !differences.isEmpty else { return nil }
        return "The run goes on by the plan that it was begun with: \(differences.joined(separator: ", "))."
    }
}
