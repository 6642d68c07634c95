import ArgumentParser
import JournalFile
import UpgradeCore

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the runs of this deployment, newest first.")

    @OptionGroup var deployment: DeploymentOptions

    private struct Entry: Encodable {
        let run: String
        let began: String?
        let from: String?
        let to: String?
        let state: String
        let fault: Fault?
    }

    func run() async throws {
        try await deployment.explained {
            let store = try await Site.store(try deployment.wishes())
            let entries = try await Runs(store: store).all().reversed().map { id, run in
                switch run {
                case .success(let run):
                    Entry(
                        run: id, began: run.header.at, from: run.upgrade.source?.version, to: run.upgrade.plan.target,
                        state: run.upgrade.state, fault: nil)
                case .failure(let fault):
                    Entry(
                        run: id, began: nil, from: nil, to: nil, state: "cannot be read",
                        fault: deployment.address.completed(fault))
                }
            }
            for entry in entries {
                if deployment.output == .json {
                    JSONText.line(entry)
                } else {
                    let path = "\(entry.from ?? "?") -> \(entry.to ?? "?")"
                    Stream.out(
                        "\(entry.run)  \((entry.began ?? "").padded(to: 20))  \(path.padded(to: 22))  \(entry.state)\n")
                    if let fault = entry.fault { Stream.error(fault.told + "\n") }
                }
            }
            if entries.isEmpty, deployment.output == .text { Stream.out("No run yet.\n") }
            return .asAsked
        }
    }
}

extension Upgrade {
    /// Where it stands, in words that follow "the run".
    var state: String {
        switch next {
        case .finish(.givenUp) where lastChange == nil: "was not approved and changed nothing"
        case .finish(let outcome): outcome.told
        case .hold(let hold): "holds at \(hold.stage.step.rawValue): \(hold.fault.what)"
        case .perform, .watch, .ask: "is not finished, at \(stage?.step.rawValue ?? "its begin")"
        }
    }
}

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Read a run's journal out.",
        discussion: "As text each record is a line for people; as JSON it is the journal's own record.")

    @Argument(help: "The run's id; without it, the newest.")
    var run: String?

    @OptionGroup var deployment: DeploymentOptions

    private struct Line: Encodable {
        let at: String
        let event: Event
    }

    func run() async throws {
        try await deployment.explained {
            let runs = Runs(store: try await Site.store(try deployment.wishes()))
            let asked = if let run { Optional(try await runs.run(run)) } else { try await runs.last() }
            guard let found = asked else { throw Fault.noRun() }
            try print(found)
            if let torn = found.tornTail { Stream.error(torn.notice + "\n") }
            return .asAsked
        }
    }

    private func print(_ run: RecordedRun) throws(Fault) {
        var story = Story()
        var upgrade: Upgrade?
        for record in run.records {
            if deployment.output == .json {
                JSONText.line(Line(at: record.at, event: record.event))
                continue
            }
            do {
                if upgrade == nil { upgrade = try Upgrade(record.event) } else { try upgrade?.apply(record.event) }
            } catch { throw .journalDoesNotFold(run.id, why: error.description) }
            guard let upgrade, let line = story.line(of: record.event, at: record.at, upgrade) else { continue }
            Stream.out(line + "\n")
        }
        if let upgrade, case .hold(let hold) = upgrade.next {
            Stream.out(deployment.address.completed(Ending.held(hold, upgrade)) + "\n")
        }
    }
}

struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Free a deployment from a run whose process is gone for good.",
        discussion: """
            A lock whose holder is provably dead is taken over without this. With --give-up the run itself is ended \
            too. Its instances stay as they are, and what it had paused is put back: look at it with \
            `owui-upgrade status` first.
            """)

    @Argument(help: "The id of the run that holds the lock, as `status` shows it.")
    var run: String

    @Flag(help: "End the run; the decision is journaled.")
    var giveUp = false

    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        try await deployment.explained {
            let wishes = try deployment.wishes()
            let store = try await Site.store(wishes)
            if let holder = try await store.lockHolder() {
                if giveUp, holder.isAlive { throw Fault.stillAtWork(holder) }
                let record = try await store.unlock(run: run)
                Stream.error("The lock is free; \(record.formerHolder).\n")
            } else if !giveUp {
                Stream.error("There is no lock.\n")
            }
            if giveUp { try await endRun(in: store, wishes) }
            return .asAsked
        }
    }

    private func endRun(in store: any RunStore, _ wishes: Wishes) async throws(Fault) {
        let runs = Runs(store: store)
        let recorded = try await runs.run(run)
        guard recorded.upgrade.isUnfinished else { throw .nothingToResume(run, ended: recorded.upgrade.state) }
        let lock = try await store.lock(
            LockClaim(run: run, user: User.name, since: WallClock.text), patience: .oneLease)
        let (writer, _) = try await store.open(run, fence: lock, of: Event.self)
        try await RunJournal(writer: writer).append(.decided(decision: .giveUp, by: User.name))
        let left = await Site.letGo(of: recorded.upgrade, wishes, under: lock)
        try await Site.forgetRun(wishes)
        try await runs.tidy()
        try await lock.release()
        Stream.error("Run \(run) was given up; the deployment stays as it is.\n")
        if let left { Stream.error(deployment.address.completed(left).told + "\n") }
    }
}
