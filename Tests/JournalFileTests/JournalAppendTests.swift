import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `Writing a journal` {
    @Test func `makes every name and byte durable before it counts`() throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        _ = try begin(test.folder(gate))
        let calls = gate.take().filter { if case .open = $0 { false } else { true } }
        let runs = test.state + "/runs"
        let temporary = calls.compactMap { if case .create(let path) = $0 { path } else { nil } }.first ?? ""
        #expect(temporary.hasPrefix(runs + "/."))
        #expect(
            calls == [
                .makeFolder(test.state), .syncFolder(test.path + "/group"), .makeFolder(runs), .syncFolder(test.state),
                .create(temporary), .write(temporary, bytes: try bytes(of: test.journal()).count), .syncFile(temporary),
                .link(temporary, to: test.journal()), .remove(temporary), .syncFolder(runs),
            ])
    }

    @Test func `is one write and one fsync a record`() throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let journal = try begin(test.folder(gate))
        for note in [Note.began(step: "pause"), .said(text: String(repeating: "long ", count: 40_000))] {
            let before = try bytes(of: test.journal()).count
            _ = gate.take()
            try journal.append(note, at: "t")
            let written = try bytes(of: test.journal()).count - before
            #expect(gate.take() == [.write(test.journal(), bytes: written), .syncFile(test.journal())])
        }
    }

    @Test func `syncs what a killed writer has left before it is believed`() throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        _ = try begin(test.folder())
        _ = try JournalFile<Note>.open(in: test.folder(gate), run: "r1", fence: OpenFence())
        let syncs = gate.take().filter { $0 == .syncFile(test.journal()) || $0 == .syncFolder(test.state + "/runs") }
        #expect(syncs == [.syncFile(test.journal()), .syncFolder(test.state + "/runs")])
    }

    @Test func `is for its owner's eyes alone`() throws {
        let test = try TestFolder()
        _ = try begin(test.folder())
        #expect(mode(of: test.journal()) == 0o600)
        #expect(mode(of: test.state) == 0o700)
        #expect(mode(of: test.state + "/runs") == 0o700)
    }

    @Test(arguments: [ENOSPC, EIO, EROFS, EACCES, EMFILE, EDQUOT], 0..<13)
    func `leaves no run behind when it cannot begin`(code: Int32, failing: Int) async throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let position = Counter()
        gate.answer { _ in position.next() == failing ? .fail(code) : .goOn }
        let refusal = fault { try begin(test.folder(gate)) }
        #expect(refusal?.kind == (code == EIO ? .failed : code == EROFS || code == EACCES ? .denied : .exhausted))
        #expect(refusal?.remedy.isEmpty == false)
        #expect(try await JournalFile<Note>.list(in: test.folder()).isEmpty)
        _ = try begin(test.folder())
    }

    @Test(arguments: [ENOSPC, EIO, EROFS, EFBIG], [0, 1, 20, 44, 60])
    func `takes back what a failed write has left, and goes on when there is room again`(
        code: Int32, taken: Int
    ) throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let journal = try begin(test.folder(gate))
        try journal.append(.began(step: "pause"), at: "t")
        let before = try bytes(of: test.journal())
        failWrites(of: gate, after: taken, code)
        let refusal = fault { try journal.append(.began(step: "scale-down"), at: "t") }
        #expect(refusal?.kind == (code == EIO ? .failed : code == EROFS ? .denied : .exhausted))
        #expect(try bytes(of: test.journal()) == before)
        gate.answer { _ in .goOn }
        try journal.append(.said(text: "again"), at: "t")
        let replay = try JournalFile<Note>.read(in: test.folder(), run: "r1")
        #expect(replay.records.map(\.event) == [.began(step: "pause"), .said(text: "again")])
    }

    @Test func `leaves a torn tail where not even the taking back works, and stops`() throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let journal = try begin(test.folder(gate))
        let written = Counter()
        gate.answer { call in
            switch call {
            case .write where written.next() == 0: .short(20)
            case .write, .truncate: .fail(EIO)
            default: .goOn
            }
        }
        #expect(fault { try journal.append(.began(step: "pause"), at: "t") }?.kind == .failed)
        gate.answer { _ in .goOn }
        #expect(fault { try journal.append(.began(step: "pause"), at: "t") }?.kind == .failed)
        let (again, replay) = try JournalFile<Note>.open(in: test.folder(), run: "r1", fence: OpenFence())
        #expect(replay.tornTail?.bytes == 20)
        try again.append(.said(text: "on"), at: "t")
        #expect(try JournalFile<Note>.read(in: test.folder(), run: "r1").records.map(\.event) == [.said(text: "on")])
    }

    @Test func `stops for good after an fsync that failed`() throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let journal = try begin(test.folder(gate))
        try journal.append(.began(step: "pause"), at: "t")
        gate.answer { if case .syncFile = $0 { .fail(EIO) } else { .goOn } }
        #expect(fault { try journal.append(.began(step: "scale-down"), at: "t") }?.kind == .failed)
        gate.answer { _ in .goOn }
        _ = gate.take()
        #expect(fault { try journal.append(.said(text: "again"), at: "t") }?.kind == .failed)
        #expect(gate.take().isEmpty)
        let replay = try JournalFile<Note>.read(in: test.folder(), run: "r1")
        #expect(replay.records.map(\.event) == [.began(step: "pause")])
    }

    @Test(arguments: [1, 7, 43, 44, 45])
    func `goes on after writes that were short`(bytes: Int) throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        gate.answer { if case .write = $0 { .short(bytes) } else { .goOn } }
        let journal = try begin(test.folder(gate))
        try journal.append(.began(step: "pause"), at: "t")
        #expect(
            try JournalFile<Note>.read(in: test.folder(), run: "r1").records.map(\.event) == [.began(step: "pause")])
    }

    @Test func `stops at the fence before a byte is written`() throws {
        let test = try TestFolder()
        let fence = ClosableFence()
        let journal = try begin(test.folder(), fence: fence)
        try journal.append(.began(step: "pause"), at: "t")
        let before = try bytes(of: test.journal())
        fence.close()
        #expect(fault { try journal.append(.began(step: "scale-down"), at: "t") } == ClosableFence.fault)
        #expect(try bytes(of: test.journal()) == before)
        #expect(fault { try begin(test.folder(), run: "r2", fence: fence) } == ClosableFence.fault)
        #expect(try test.folder().runNames() == ["r1"])
    }

    @Test func `stops when somebody else has written, so that no line is written twice`() throws {
        let test = try TestFolder()
        let first = try begin(test.folder())
        let second = try JournalFile<Note>.open(in: test.folder(), run: "r1", fence: OpenFence()).journal
        try second.append(.said(text: "second"), at: "t")
        #expect(fault { try first.append(.said(text: "first"), at: "t") }?.kind == .owned)
        #expect(
            try JournalFile<Note>.read(in: test.folder(), run: "r1").records.map(\.event) == [.said(text: "second")])
    }

    @Test func `stops when the file is gone`() throws {
        let test = try TestFolder()
        let journal = try begin(test.folder())
        #expect(unlink(test.journal()) == 0)
        #expect(fault { try journal.append(.said(text: "nobody reads this"), at: "t") }?.kind == .owned)
    }

    @Test func `never begins a run twice`() throws {
        let test = try TestFolder()
        let journal = try begin(test.folder())
        try journal.append(.began(step: "pause"), at: "t")
        #expect(fault { try begin(test.folder()) }?.kind == .conflict)
        #expect(try JournalFile<Note>.read(in: test.folder(), run: "r1").records.count == 1)
    }

    @Test func `from many tasks yields every record once`() async throws {
        let test = try TestFolder()
        let journal = try begin(test.folder())
        try await withThrowingTaskGroup { group in
            for number in 0..<40 {
                group.addTask { _ = try journal.append(.ended(step: "n", seconds: number), at: "t") }
            }
            try await group.waitForAll()
        }
        let replay = try JournalFile<Note>.read(in: test.folder(), run: "r1")
        #expect(Set(replay.records.map { "\($0.event)" }).count == 40)
        #expect(replay.records.map(\.sequence) == Array(1...40))
    }

    @Test func `meets a real limit of the kernel in the middle of a record and loses nothing`() async throws {
        let test = try TestFolder()
        let path = test.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            signal(SIGXFSZ, SIG_IGN)
            let folder = StateFolder(path + "/group/.owui-upgrade")
            let journal = try begin(folder)
            var limit = rlimit()
            #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            limit.rlim_cur = 1_000
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            var acknowledged = 0
            let refusal = fault {
                while true {
                    try journal.append(.said(text: "record \(acknowledged)"), at: "t")
                    acknowledged += 1
                }
            }
            #expect(refusal?.kind == .exhausted)
            #expect(acknowledged > 2)
            #expect(try JournalFile<Note>.read(in: folder, run: "r1").records.count == acknowledged)
            limit.rlim_cur = limit.rlim_max
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            try journal.append(.said(text: "there is room again"), at: "t")
            #expect(try JournalFile<Note>.read(in: folder, run: "r1").records.count == acknowledged + 1)
        }
    }

    /// Lets so many bytes through, then fails.
    private func failWrites(of gate: RecordingGate, after taken: Int, _ code: Int32) {
        let written = Counter()
        gate.answer { call in
            guard case .write = call else { return .goOn }
            return written.next() == 0 && taken > 0 ? .short(taken) : .fail(code)
        }
    }
}
