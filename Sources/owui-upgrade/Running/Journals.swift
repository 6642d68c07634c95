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

/// The runs of one deployment, oldest first.
struct Runs {
    let folder: StateFolder

    /// The run that the deployment stands on: the newest that is unfinished or has changed something, else the newest.
    ///
    /// A run that was refused, or found everything as asked, takes nothing away from the one before it: that one can
    /// still be taken back.
    func newest() throws(Fault) -> RecordedRun? {
        var last: RecordedRun?
        for name in try folder.runNames().sorted().reversed() {
            guard let run = try begun(name) else { continue }
            if run.upgrade.isUnfinished || run.upgrade.lastChange != nil { return run }
            last = last ?? run
        }
        return last
    }

    /// The run that began last, whatever came of it.
    func last() throws(Fault) -> RecordedRun? {
        for name in try folder.runNames().sorted().reversed() {
            if let run = try begun(name) { return run }
        }
        return nil
    }

    /// A run by its name; nil for a journal with a header alone: it was killed before its first event and changed nothing.
    private func begun(_ name: String) throws(Fault) -> RecordedRun? {
        let replay = try JournalFile<Event>.read(in: folder, run: name)
        return replay.records.isEmpty ? nil : try RecordedRun(replay)
    }

    /// Every run, with the reason where its journal cannot be read.
    func all() throws(Fault) -> [(id: String, run: Result<RecordedRun, Fault>)] {
        try folder.runNames().sorted().compactMap { name in
            do throws(Fault) {
                let replay = try JournalFile<Event>.read(in: folder, run: name)
                return replay.records.isEmpty ? nil : (name, .success(try RecordedRun(replay)))
            } catch {
                return (name, .failure(error))
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
