import UpgradeCore

/// A person who is asked, and answers.
extension Story {
    func answer(
        _ ending: Driver<AnyJournal>.Ending, _ driver: inout Driver<AnyJournal>, _ process: Int
    ) async throws(Fault) -> After? {
        switch ending {
        case .interrupted: return exit(6, process)
        case .asks:
            let isWilling = scenario.trouble.isHarmless || world.use { !$0.dice.chance(2) }
            try await driver.record(.decided(decision: isWilling ? .approve : .giveUp, by: "person"))
            return nil
        case .held(let hold):
            world.use { $0.checkHold(hold) }
            return try await answerHold(&driver, process)
        case .finished(let outcome):
            if scenario.trouble.regrets, outcome == .upgraded(changed: true) {
                let restores = driver.upgrade.backup != nil
                if world.use({ $0.trouble.takeRegret() }), try await goBack(&driver, restores: restores) { return nil }
            }
            world.use { $0.checkEnd(outcome) }
            let (state, code) = outcome.ending
            _ = exit(code, process)
            return .over(state)
        }
    }

    private func answerHold(_ driver: inout Driver<AnyJournal>, _ process: Int) async throws(Fault) -> After? {
        while let answer = world.use({ $0.trouble.takeAnswer() }), answer != .leave {
            switch answer {
            case .leave: break
            case .resume: try await driver.record(.decided(decision: .resume, by: "person"))
            case .mendAndResume:
                world.use { (world) in
                    world.mend()
                    world.advance(to: world.now + 15_000)
                }
                let decision: Decision = driver.upgrade.objectionToRestart == nil ? .restart : .resume
                try await driver.record(.decided(decision: decision, by: "person"))
            case .rollback: if try await !goBack(&driver, restores: false) { continue }
            case .restore: if try await !goBack(&driver, restores: true) { continue }
            case .restoreByHand:
                world.use { $0.restoreByHand() }
                if try await !goBack(&driver, restores: false) { continue }
            case .giveUp: try await driver.record(.decided(decision: .giveUp, by: "person"))
            }
            return nil
        }
        _ = exit(4, process)
        return .over(.held)
    }

    private func goBack(_ driver: inout Driver<AnyJournal>, restores: Bool) async throws(Fault) -> Bool {
        let seen = restores ? nil : world.use { $0.databaseState }
        if driver.upgrade.objection(toRollbackWithRestore: restores, seen: seen) != nil { return false }
        // A person thinks before they say yes, and much may happen meanwhile.
        world.use { $0.advance(to: $0.now + $0.dice.within(0...20_000)) }
        try await driver.record(.decided(decision: .rollback(restore: restores, seen: seen?.revisions), by: "person"))
        return true
    }

    /// A person who stopped the run by a signal may want it back.
    func takeBack(_ driver: inout Driver<AnyJournal>) async throws(Fault) {
        switch world.use({ $0.trouble.answers.first }) {
        case .rollback: _ = try await goBack(&driver, restores: false)
        case .restore: _ = try await goBack(&driver, restores: true)
        case .restoreByHand:
            world.use { $0.restoreByHand() }
            _ = try await goBack(&driver, restores: false)
        case .giveUp:
            guard driver.upgrade.isUnfinished, !scenario.trouble.isHarmless else { return }
            try await driver.record(.decided(decision: .giveUp, by: "person"))
        case nil, .leave, .resume, .mendAndResume: break
        }
    }
}

extension Outcome {
    fileprivate var ending: (EndState, Int) {
        switch self {
        case .upgraded(let changed): (changed ? .upgraded : .alreadyUpgraded, 0)
        case .refused: (.refused, 2)
        case .rolledBack: (.rolledBack, 3)
        case .givenUp: (.givenUp, 0)
        }
    }
}

extension Trouble {
    fileprivate mutating func takeAnswer() -> Answer? { answers.isEmpty ? nil : answers.removeFirst() }

    fileprivate mutating func takeRegret() -> Bool {
        defer { regrets = false }
        return regrets
    }
}
