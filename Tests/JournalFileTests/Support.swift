import FoundationEssentials
import Glibc
import Synchronization
import UpgradeCore

@testable import JournalFile

/// What the journals of these tests hold.
enum Note: Codable, Equatable, Sendable {
    case began(step: String)
    case ended(step: String, seconds: Int)
    case said(text: String)
}

/// A folder of one test, removed with it. Its `state` folder does not exist yet.
final class TestFolder: Sendable {
    let path: String
    var state: String { path + "/group/.owui-upgrade" }

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/journal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path + "/group", withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) is left over: \(error)") }
    }

    func folder(_ gate: (any DiskGate)? = nil) -> StateFolder { StateFolder(state, gate: gate) }

    func journal(_ run: String = "r1") -> String { "\(state)/runs/\(run).journal" }
}

/// A fence that lets everything pass.
struct OpenFence: Fence {
    func check() throws(Fault) {}
}

/// A fence that closes when told to.
final class ClosableFence: Fence {
    static let fault = Fault(.owned, "Lost.", remedy: "Wait.")
    private let isClosed = Mutex(false)

    func close() { isClosed.withLock { $0 = true } }

    func check() throws(Fault) {
        if isClosed.withLock({ $0 }) { throw Self.fault }
    }
}

/// Notes every call to the disk and answers as the test asks.
final class RecordingGate: DiskGate {
    private let calls = Mutex<[DiskCall]>([])
    private let rule = Mutex<@Sendable (DiskCall) -> DiskAnswer>({ _ in .goOn })

    func answer(_ call: DiskCall) -> DiskAnswer {
        calls.withLock { $0.append(call) }
        return rule.withLock { $0 }(call)
    }

    func answer(_ rule: @escaping @Sendable (DiskCall) -> DiskAnswer) { self.rule.withLock { $0 = rule } }

    /// What was asked for since the last time.
    func take() -> [DiskCall] {
        calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }
}

func begin(
    _ folder: StateFolder, run: String = "r1", fence: any Fence = OpenFence()
) throws -> JournalFile<Note> {
    let header = JournalHeader(run: run, tool: "0.1.0", at: "2026-03-01T10:42:00Z")
    return try JournalFile<Note>.create(in: folder, header: header, fence: fence)
}

extension JournalFile {
    static func read(in folder: StateFolder, run: String, kind: String = "run") throws(Fault) -> JournalReplay<Payload>
    {
        let (bytes, place) = (try folder.bytes(of: run), try folder.place(of: run))
        return try JournalReplay(bytes, JournalScan(bytes, in: place), in: place, run: run, kind: kind)
    }

    static func list(in folder: StateFolder) async throws(Fault) -> [ListedRun<Payload>] {
        try await folder.list(of: Payload.self)
    }
}

func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
}

func mode(of path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

/// The fault that the body throws.
func fault<Value>(_ body: () throws -> Value) -> Fault? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Fault
    }
}

/// A journal of about 4 KiB with every kind of note, and the notes.
func longJournal(in folder: StateFolder) throws -> [Note] {
    let steps = [
        "preflight", "probe-image", "pause", "scale-down", "single-worker", "swap-image", "await-migrated",
        "await-healthy", "scale-up", "verify",
    ]
    let notes: [Note] = steps.flatMap { step in
        [
            .began(step: step), .said(text: "„ß“ 🌱 a/b \"quoted\"\nand a second line of \(step)"),
            .ended(step: step, seconds: step.utf8.count),
        ]
    }
    let journal = try begin(folder)
    for note in notes { try journal.append(note, at: "2026-03-01T10:42:07Z") }
    return notes
}
