import FoundationEssentials
import JournalFile
import Testing
import UpgradeCore

@testable import owui_upgrade

@Suite struct `The run that a deployment stands on` {
    let folder = Folder()

    @Test func `is the one that changed it, not a later one that was refused`() async throws {
        try folder.write("20261122-101500-0001", try Told.upgraded())
        try folder.write("20261122-111500-0002", try Told.refused())
        #expect(try await folder.runs.newest()?.id == "20261122-101500-0001")
        #expect(try await folder.runs.newest()?.upgrade.objection(toRollbackWithRestore: true) == nil)
    }

    @Test func `is the one that changed it, not a later one that found everything as asked`() async throws {
        try folder.write("20261122-101500-0001", try Told.upgraded())
        try folder.write("20261122-111500-0002", try Told.nothingToDo())
        #expect(try await folder.runs.newest()?.id == "20261122-101500-0001")
    }

    @Test func `is the unfinished one`() async throws {
        try folder.write("20261122-101500-0001", try Told.upgraded())
        try folder.write("20261122-111500-0002", Array(try Told.upgraded().prefix(3)))
        #expect(try await folder.runs.newest()?.id == "20261122-111500-0002")
    }

    @Test func `is the newest where none has changed anything`() async throws {
        try folder.write("20261122-101500-0001", try Told.refused())
        try folder.write("20261122-111500-0002", try Told.nothingToDo())
        #expect(try await folder.runs.newest()?.id == "20261122-111500-0002")
    }

    @Test func `is not what the log shows, which is the run that began last`() async throws {
        try folder.write("20261122-101500-0001", try Told.upgraded())
        try folder.write("20261122-111500-0002", try Told.refused())
        #expect(try await folder.runs.last()?.id == "20261122-111500-0002")
    }
}

extension `The run that a deployment stands on` {
    @Test func `is the one that began last, whatever its machine's clock said`() async throws {
        try folder.write("20261122-121500-0001", try Told.upgraded(), number: 1)
        try folder.write("20261122-111500-0002", Array(try Told.upgraded().prefix(9)), number: 2)
        #expect(try await folder.runs.newest()?.id == "20261122-111500-0002")
        #expect(try await folder.runs.last()?.id == "20261122-111500-0002")
        #expect(try await folder.runs.all().map(\.id) == ["20261122-121500-0001", "20261122-111500-0002"])
        #expect(try await folder.runs.nextNumber() == 3)
    }

    @Test func `is not known where a journal cannot be read`() async throws {
        try folder.write("20261122-101500-0001", try Told.upgraded(), number: 1)
        try folder.write("20261122-111500-0002", try Told.upgraded(), number: 2)
        try folder.damage("20261122-101500-0001")
        await #expect(throws: Fault.self) { try await folder.runs.newest() }
        await #expect(throws: Fault.self) { try await folder.runs.nextNumber() }
        #expect(try await folder.runs.all().map(\.id) == ["20261122-111500-0002", "20261122-101500-0001"])
    }
}

/// A folder of journals that vanishes with its test.
final class Folder {
    private let path = FileManager.default.temporaryDirectory.path + "/owui-runs-\(UInt64.random(in: .min ... .max))"
    private struct Open: Fence { func check() {} }

    var runs: Runs { Runs(store: StateFolder(path)) }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }

    func damage(_ run: String) throws {
        let file = "\(path)/runs/\(run).journal"
        try Data([0]).write(to: URL(filePath: file))
    }

    func write(_ run: String, _ events: [Event], number: Int? = nil) throws {
        let header = JournalHeader(run: run, tool: "0.1.0", at: "2026-11-22T10:15:00Z", number: number)
        let journal = try JournalFile<Event>.create(in: StateFolder(path), header: header, fence: Open())
        for event in events { try journal.append(event, at: "2026-11-22T10:15:00Z") }
    }
}

/// The events of runs in which everything goes well.
private enum Told {
    private static let first = Event.started(
        run: "run", plan: Plan(target: "0.12.4", backup: .pgDump(folder: "/backups")), tool: "0.1.0", by: "ada")
    private static let old = "c440947495f3"
    private static let new = "0bd252b206fb"

    static func upgraded() throws -> [Event] { try whole(image: "0.6.43", revision: old) }

    static func nothingToDo() throws -> [Event] { try whole(image: "0.12.4", revision: new) }

    static func refused() throws -> [Event] {
        let fault = Fault(.unavailable, "The database does not answer.", remedy: "start it")
        return [first, .began(command: .inspect), .ended(reply: .failed(fault: fault))]
    }

    private static func whole(image: String, revision: String) throws -> [Event] {
        var upgrade = try Upgrade(first)
        var events = [first]
        while let facts = try next(of: upgrade, image: image, revision: revision) {
            for event in facts { try upgrade.apply(event) }
            events += facts
        }
        return events
    }

    private static func next(of upgrade: Upgrade, image: String, revision: String) throws -> [Event]? {
        switch upgrade.next {
        case .perform(let command, _):
            [.began(command: command), .ended(reply: reply(to: command, image: image, revision: revision))]
        case .watch(let goal): [.judged(goal: goal, verdict: .reached)]
        case .ask: [.decided(decision: .approve, by: "ada")]
        case .finish: nil
        case .hold(let hold): throw hold.fault
        }
    }

    private static func reply(to command: Command, image: String, revision: String) -> Reply {
        let revisions = [SchemaRevision(schema: "public", rows: [revision])]
        switch command {
        case .inspect:
            let main = Workload(
                name: "web", role: .main, settings: Settings(image: image, replicas: 1),
                instances: [Instance(id: "web-1", image: image, answer: .serving(version: image))])
            let database = DatabaseState(revisions: revisions)
            return .inspected(
                inspection: Inspection(deployment: Deployment(workloads: [main]), database: database))
        case .readImages:
            let source = ImageFacts(
                image: image, version: image, chain: image == "0.6.43" ? [old] : [old, new], digest: "sha256:1")
            let target = ImageFacts(image: "0.12.4", version: "0.12.4", chain: [old, new], digest: "sha256:2")
            return .imagesRead(source: source, target: target)
        case .check: return .checked(findings: [])
        case .pause: return .paused(automation: [])
        case .apply, .restore, .resumeAutomation: return .done
        case .backUp:
            return .backedUp(backup: BackupRecord(location: "/backups/run.dump", bytes: 1, revision: revision))
        case .readRevision: return .revision(revisions: revisions)
        case .saveEvidence: return .evidenceSaved(files: [])
        }
    }
}
