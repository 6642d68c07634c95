import JournalFile
import UpgradeCore

/// The journal of a run on the disk, as the driver writes it.
struct RunJournal: Journal {
    let file: JournalFile<Event>

    func append(_ event: Event) throws(Fault) {
        #if KILL_POINTS
            KillPoints.pass("before \(event.label)")
        #endif
        try file.append(event, at: WallClock.text)
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
    let folder: StateFolder

    /// The run that the deployment stands on: the newest that is unfinished or has changed something, else the newest.
    ///
    /// A run that was refused, or found everything as asked, takes nothing away from the one before it: that one can
    /// still be taken back.
    func newest() throws(Fault) -> RecordedRun? {
        var last: RecordedRun?
        for listed in try listed().reversed() {
            guard try begun(listed) else { continue }
            let run = try run(listed.run)
            if run.upgrade.isUnfinished || run.upgrade.lastChange != nil { return run }
            last = last ?? run
        }
        return last
    }

    /// The run that began last, whatever came of it.
    func last() throws(Fault) -> RecordedRun? {
        for listed in try listed().reversed() where try begun(listed) { return try run(listed.run) }
        return nil
    }

    /// The number of the run that begins next; to be asked under the deployment's lock.
    func nextNumber() throws(Fault) -> Int {
        var number = 0
        for listed in try listed() { number = max(number, try listed.summary.get().header.number ?? 0) }
        return number + 1
    }

    private func listed() throws(Fault) -> [ListedRun<Event>] { try JournalFile<Event>.list(in: folder) }

    /// Whether it came to its first event: one with a header alone was killed before it, and changed nothing.
    private func begun(_ listed: ListedRun<Event>) throws(Fault) -> Bool { try listed.summary.get().count > 0 }

    /// Every run, with the reason where its journal cannot be read.
    func all() throws(Fault) -> [(id: String, run: Result<RecordedRun, Fault>)] {
        try listed().compactMap { listed in
            do throws(Fault) {
                return try begun(listed) ? (listed.run, .success(try run(listed.run))) : nil
            } catch {
                return (listed.run, .failure(error))
            }
        }
    }

    /// A run by its id.
    func run(_ id: String) throws(Fault) -> RecordedRun {
        let replay = try JournalFile<Event>.read(in: folder, run: id)
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
