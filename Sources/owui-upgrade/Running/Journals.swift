import JournalFile
import UpgradeCore

/// The journal of a run where it is kept, as the driver writes it.
struct RunJournal: Journal {
    let writer: any JournalWriter<Event>

    func append(_ event: Event) async throws(Fault) {
        #if KILL_POINTS
            KillPoints.pass("before \(event.label)")
        #endif
        try await writer.append(event, at: WallClock.text)
        #if KILL_POINTS
            KillPoints.pass("after \(event.label)")
        #endif
    }
}

/// A journal that nobody keeps: for a plan, which changes nothing.
struct NoJournal: Journal {
    func append(_ event: Event) {}
}

/// A run as its journal has it.
struct RecordedRun {
    let id: String
    let upgrade: Upgrade
    let records: [JournalRecord<Event>]
    let tornTail: TornTail?

    var tool: String { header.tool }
    let header: JournalHeader

    init(_ replay: JournalReplay<Event>) throws(Fault) {
        id = replay.header.run
        header = replay.header
        records = replay.records
        tornTail = replay.tornTail
        do { upgrade = try Upgrade(replaying: replay.records.map(\.event)) } catch {
            throw .journalDoesNotFold(replay.header.run, why: error.description)
        }
    }
}

/// The runs of one deployment, in the order in which they began.
struct Runs {
    let store: any RunStore

    /// The run that the deployment stands on: the newest that is unfinished or has changed something, else the newest.
    ///
    /// A run that was refused, or found everything as asked, takes nothing away from the one before it: that one can
    /// still be taken back.
    func newest() async throws(Fault) -> RecordedRun? {
        var last: RecordedRun?
        for listed in try await listed().reversed() {
            guard try begun(listed) else { continue }
            let run = try await run(listed.run)
            if run.upgrade.isUnfinished || run.upgrade.lastChange != nil { return run }
            last = last ?? run
        }
        return last
    }

    /// The run that began last, whatever came of it.
    func last() async throws(Fault) -> RecordedRun? {
        for listed in try await listed().reversed() where try begun(listed) { return try await run(listed.run) }
        return nil
    }

    /// The number of the run that begins next; to be asked under the deployment's lock.
    func nextNumber() async throws(Fault) -> Int {
        var number = 0
        for listed in try await listed() { number = max(number, try listed.summary.get().header.number ?? 0) }
        return number + 1
    }

    /// How many runs are kept where journals do not stay for ever.
    private static let kept = 5

    /// Puts away what ended runs have left that nobody needs; to be asked under the deployment's lock. The last runs stay
    /// readable, and so does the one that the deployment stands on, and what cannot be read.
    func tidy() async throws(Fault) {
        var (keep, begun) = (Set<String>(), 0)
        for run in try await listed().reversed() {
            if case .success(let summary) = run.summary {
                if summary.count == 0 || begun == Self.kept { continue }
                begun += 1
            }
            keep.insert(run.run)
        }
        if let newest = try await newest() { keep.insert(newest.id) }
        try await store.tidy(keeping: keep)
    }

    private func listed() async throws(Fault) -> [ListedRun<Event>] { try await store.list(of: Event.self) }

    /// Whether it came to its first event: one with a header alone was killed before it, and changed nothing.
    private func begun(_ listed: ListedRun<Event>) throws(Fault) -> Bool { try listed.summary.get().count > 0 }

    /// Every run, with the reason where its journal cannot be read.
    func all() async throws(Fault) -> [(id: String, run: Result<RecordedRun, Fault>)] {
        var all: [(id: String, run: Result<RecordedRun, Fault>)] = []
        for listed in try await listed() {
            do throws(Fault) {
                if try begun(listed) { all.append((listed.run, .success(try await run(listed.run)))) }
            } catch {
                all.append((listed.run, .failure(error)))
            }
        }
        return all
    }

    /// A run by its id.
    func run(_ id: String) async throws(Fault) -> RecordedRun {
        let replay = try await store.read(id, of: Event.self)
        guard !replay.records.isEmpty else { throw .emptyRun(id) }
        return try RecordedRun(replay)
    }
}

extension Event {
    /// Its name in a few words, without what it holds.
    var label: String {
        switch self {
        case .started: "started"
        case .began(let command): "began \(command.label)"
        case .ended(.failed): "ended failed"
        case .ended: "ended"
        case .judged(let goal, _): "judged \(goal.rawValue)"
        case .noticed: "noticed"
        case .decided: "decided"
        case .interrupted: "interrupted"
        case .continued: "continued"
        }
    }
}

extension Command {
    /// Its name without what it holds.
    var label: String {
        switch self {
        case .inspect: "inspect"
        case .readImages: "readImages"
        case .check: "check"
        case .pause: "pause"
        case .apply: "apply"
        case .backUp: "backUp"
        case .restore: "restore"
        case .readRevision: "readRevision"
        case .saveEvidence: "saveEvidence"
        case .resumeAutomation: "resumeAutomation"
        }
    }
}
