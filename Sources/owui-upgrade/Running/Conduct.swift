import Glibc
import JournalFile
import UpgradeCore

/// How a person is asked before the first change.
enum Consent {
    /// `--yes` was said.
    case given
    /// On a terminal.
    case asked((Upgrade) async -> Answer)
    /// Nobody is there who could say it.
    case impossible
}

/// What a command wants of the deployment's run.
enum Wish {
    /// The deployment on this plan: begin a run, or go on with the one that is unfinished.
    case upgrade(Plan)
    /// Go on with an unfinished or held run.
    case resume
    /// The same, with the instance that a held run waited for started anew.
    case restart
    /// Go back to the source.
    case rollback(restore: Bool)
}

/// How conducting a run ended for this process.
struct Conclusion {
    let exit: Exit
    let upgrade: Upgrade
    /// The failure is one of this tool itself, which left the run where its journal says.
    let ending: Result<Driver<RunJournal>.Ending, Fault>
    /// Where the run is written down.
    let journal: String
}

/// Takes the lock, opens or begins the journal, and drives the run that a person wishes for.
struct Conduct {
    let site: Site
    let clock: RunClock
    let reporter: any Reporter
    let consent: Consent

    /// Conducts the run and reports how it ended. A fault that this throws came before the first change.
    func concluded(_ wish: Wish) async throws(Fault) -> Exit {
        let found = try await site.runs.newest()
        try await objection(to: wish, newest: found)
        let id = idToUse(wish, newest: found)
        let conclusion: Conclusion
        do throws(Fault) { conclusion = try await run(wish, id: id, newest: found) } catch {
            guard let found, found.id == id, found.upgrade.hasChanges, Exit(error, isInRun: true) == .toolFailed else {
                throw error
            }
            // The run is where its journal says, although this process could not go on with it.
            conclusion = self.conclusion(.failure(error), found.upgrade)
        }
        reporter.conclude(conclusion)
        return conclusion.exit
    }

    private func run(_ wish: Wish, id: String, newest found: RecordedRun?) async throws(Fault) -> Conclusion {
        #if KILL_POINTS
            KillPoints.pass("before lock")
        #endif
        let lock = try await acquireLock(for: id)
        let keeper = Task { try await Conduct.keep(lock) }
        let result: Result<Conclusion, Fault>
        do throws(Fault) { result = .success(try await locked(wish, id: id, lock: lock, expecting: found)) } catch {
            result = .failure(error)
        }
        if case .success(let conclusion) = result, !conclusion.upgrade.isUnfinished { await tidy(under: lock) }
        keeper.cancel()
        await release(lock)
        return try result.get()
    }

    /// Puts away what the ended run has left. What stays because that fails, the next run puts away.
    private func tidy(under lock: any DeploymentLock) async {
        do throws(Fault) {
            try await lock.confirm()
            try await site.runs.tidy()
        } catch { reporter.warn(error.told) }
    }

    /// Takes the lock; a signal ends the wait for it.
    private func acquireLock(for id: String) async throws(Fault) -> any DeploymentLock {
        let (store, patience) = (site.store, try await site.store.patience())
        let waiting = Task { () async -> Result<any DeploymentLock, Fault> in
            do throws(Fault) {
                let claim = LockClaim(run: id, user: User.name, since: WallClock.text)
                return .success(try await store.lock(claim, patience: patience))
            } catch { return .failure(error) }
        }
        let watching = Task { [clock] in
            while !Task.isCancelled, clock.interruption == nil {
                await clock.wait(until: clock.now.advanced(milliseconds: 100))
            }
            if !Task.isCancelled { waiting.cancel() }
        }
        defer { watching.cancel() }
        return try await waiting.value.get()
    }

    /// A lock that cannot be given up is that of a dead process in a moment, which anybody may take over.
    private func release(_ lock: any DeploymentLock) async {
        do throws(Fault) { try await lock.release() } catch { reporter.warn(error.told) }
    }

    /// Renews the lock for as long as the run lives. A renewal that fails is not reported here: the next append is fenced.
    /// It is tried again soon, while the lock is still good.
    static func keep(_ lock: any DeploymentLock) async throws {
        var pause = lock.renewalInterval
        while true {
            try await Task.sleep(for: pause)
            pause = lock.renewalInterval
            do throws(Fault) { try await lock.renew() } catch {
                if error.kind == .owned { return }
                pause = lock.renewalInterval / 10
            }
        }
    }

    private func idToUse(_ wish: Wish, newest: RecordedRun?) -> String {
        if let newest {
            if newest.upgrade.isUnfinished { return newest.id }
            guard case .upgrade = wish else { return newest.id }
        }
        let salt = String(UInt16.random(in: 0...UInt16.max), radix: 16)
        return "\(WallClock.compact)-\(String(repeating: "0", count: 4 - salt.count))\(salt)"
    }

    private func locked(
        _ wish: Wish, id: String, lock: any DeploymentLock, expecting: RecordedRun?
    ) async throws(Fault) -> Conclusion {
        let found = try await site.runs.newest()
        guard found?.id == expecting?.id, found?.records.count == expecting?.records.count else {
            throw .movedMeanwhile(found?.id ?? id)
        }
        var driver = try await begin(wish, id: id, lock: lock, newest: found)
        let ending = try await drive(&driver, isFound: found?.id == id)
        return conclusion(ending, driver.upgrade)
    }

    private func conclusion(
        _ ending: Result<Driver<RunJournal>.Ending, Fault>, _ upgrade: Upgrade
    ) -> Conclusion {
        let journal: String
        do throws(Fault) { journal = try site.store.place(of: upgrade.run).told } catch { journal = error.what }
        return Conclusion(exit: exit(of: ending, upgrade), upgrade: upgrade, ending: ending, journal: journal)
    }

    private func begin(
        _ wish: Wish, id: String, lock: any DeploymentLock, newest: RecordedRun?
    ) async throws(Fault) -> Driver<RunJournal> {
        let site = try site.held(by: lock).killable
        func driver(_ upgrade: Upgrade, _ writer: any JournalWriter<Event>) -> Driver<RunJournal> {
            Driver(
                upgrade, journal: RunJournal(writer: writer), backend: site.backend, database: site.database,
                clock: clock,
                audience: reporter)
        }
        if let newest, newest.id == id {
            let (writer, replay) = try await site.store.open(id, fence: lock, of: Event.self)
            if let torn = replay.tornTail { reporter.warn(torn.notice) }
            var driver = driver(try RecordedRun(replay).upgrade, writer)
            reporter.begin(driver.upgrade, at: site)
            if case .upgrade(let plan) = wish, let notice = driver.upgrade.plan.notice(insteadOf: plan) {
                reporter.warn(notice)
            }
            try await driver.record(.continued(tool: Program.version, by: User.name))
            try await decide(wish, &driver)
            return driver
        }
        guard case .upgrade(let plan) = wish else { throw .noRun() }
        let header = JournalHeader(
            run: id, tool: Program.version, at: WallClock.text, number: try await site.runs.nextNumber())
        let writer = try await site.store.create(header, fence: lock, of: Event.self)
        let first = Event.started(run: id, plan: plan, tool: Program.version, by: User.name)
        try await RunJournal(writer: writer).append(first)
        let upgrade: Upgrade
        do { upgrade = try Upgrade(first) } catch { throw .journalDoesNotFold(id, why: error.description) }
        reporter.begin(upgrade, at: site)
        reporter.hear(first, of: upgrade)
        return driver(upgrade, writer)
    }

    private func decide(_ wish: Wish, _ driver: inout Driver<RunJournal>) async throws(Fault) {
        switch wish {
        case .upgrade: break
        case .resume:
            if case .hold = driver.upgrade.next { try await driver.record(.decided(decision: .resume, by: User.name)) }
        case .restart: try await driver.record(.decided(decision: .restart, by: User.name))
        case .rollback(let restore):
            let decision = try await goingBack(driver.upgrade, restore: restore)
            try await driver.record(.decided(decision: decision, by: User.name))
        }
    }

    /// Throws only what came before the first change. `isFound` says that another command began the run.
    private func drive(
        _ driver: inout Driver<RunJournal>, isFound: Bool
    ) async throws(Fault) -> Result<Driver<RunJournal>.Ending, Fault> {
        while true {
            do throws(Fault) {
                let ending = try await driver.drive()
                guard ending == .asks else { return .success(ending) }
            } catch {
                return .failure(error)
            }
            switch try await answer(driver.upgrade, isFound: isFound) {
            case .yes: try await driver.record(.decided(decision: .approve, by: User.name))
            case .no:
                try await driver.record(.decided(decision: .giveUp, by: User.name))
                throw consent.isPossible ? .declined() : .needsYes()
            case .interrupted(let signal):
                try await driver.record(.interrupted(signal: signal))
                return .success(.interrupted(signal: signal))
            }
        }
    }

    /// What a person says to the first change. Where nobody can be asked that is a no, but not to a run that somebody
    /// else may still approve.
    private func answer(_ upgrade: Upgrade, isFound: Bool) async throws(Fault) -> Answer {
        switch consent {
        case .given: return .yes
        case .asked(let ask): return await ask(upgrade)
        case .impossible:
            if isFound { throw .neverApproved(upgrade.run) }
            return .no
        }
    }

    private func exit(of ending: Result<Driver<RunJournal>.Ending, Fault>, _ upgrade: Upgrade) -> Exit {
        switch ending {
        case .success(.finished(let outcome)): Exit(outcome)
        case .success(.held): .held
        case .success(.asks): .refused
        case .success(.interrupted): .interrupted
        case .failure(let fault): Exit(fault, isInRun: upgrade.hasChanges)
        }
    }
}

extension Consent {
    var isPossible: Bool {
        if case .impossible = self { false } else { true }
    }
}

extension Upgrade {
    /// Whether the deployment may not be any more as the run found it.
    var hasChanges: Bool { !(stage?.isBeforeFirstChange ?? false) }
}

/// Who runs this process, for journals and locks.
enum User {
    static var name: String {
        if let entry = getpwuid(getuid()) { return String(cString: entry.pointee.pw_name) }
        return "uid \(getuid())"
    }
}

extension LockStore {
    /// A holder that lives on this machine is not waited for: it is there, or it is provably dead.
    func patience() async throws(Fault) -> LockPatience {
        guard let holder = try await lockHolder() else { return .oneLease }
        return holder.isHere ? .none : .oneLease
    }
}

extension Fault {
    static func movedMeanwhile(_ run: String) -> Fault {
        Fault(
            .owned, "Another process has worked on run \(run) at the same time.",
            why: "its journal grew while this process waited for the lock",
            remedy: "see where it stands with `owui-upgrade status`")
    }
}
