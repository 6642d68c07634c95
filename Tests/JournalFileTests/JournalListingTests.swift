import FoundationEssentials
import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `The runs of a deployment` {
    @Test func `are listed by id with their first and last record`() async throws {
        let test = try TestFolder()
        let second = try begin(test.folder(), run: "2026-03-02-b")
        try begin(test.folder(), run: "2026-03-01-a").append(.began(step: "pause"), at: "t")
        for number in 1...3 { try second.append(.ended(step: "n", seconds: number), at: "t") }
        _ = try begin(test.folder(), run: "2026-03-03-c")
        let runs = try await JournalFile<Note>.list(in: test.folder())
        #expect(runs.map(\.run) == ["2026-03-01-a", "2026-03-02-b", "2026-03-03-c"])
        let summaries = try runs.map { try $0.summary.get() }
        #expect(summaries.map(\.count) == [1, 3, 0])
        #expect(summaries[0].first == summaries[0].last)
        #expect(summaries[1].first?.event == .ended(step: "n", seconds: 1))
        #expect(summaries[1].last?.event == .ended(step: "n", seconds: 3))
        #expect(summaries[2].first == nil)
        #expect(summaries[2].header.run == "2026-03-03-c")
    }

    @Test func `are none where nothing was ever upgraded`() async throws {
        let test = try TestFolder()
        #expect(try await JournalFile<Note>.list(in: test.folder()).isEmpty)
        #expect(mode(of: test.state) == 0, "looking makes no folder")
    }

    @Test func `are asked for in a deployment's folder that exists`() async throws {
        let test = try TestFolder()
        let folder = StateFolder(test.path + "/no-group/.owui-upgrade/")
        #expect(await fault { try await JournalFile<Note>.list(in: folder) }?.kind == .missing)
        let refusal = fault { try begin(folder) }
        #expect(refusal?.what == "The deployment's folder \(test.path)/no-group does not exist.")
        #expect(mode(of: test.path + "/no-group") == 0)
    }

    @Test func `are told apart from files that are not theirs`() async throws {
        let test = try TestFolder()
        _ = try begin(test.folder())
        for name in ["notes.txt", ".r9.journal", "r1.journal.damaged", ".8f.new", "a b.journal", ".journal"] {
            try write("hello".utf8, to: test.state + "/runs/" + name)
        }
        #expect(try await JournalFile<Note>.list(in: test.folder()).map(\.run) == ["r1"])
    }

    @Test func `are listed as they are counted, and those that are not counted first`() async throws {
        let test = try TestFolder()
        for (run, number) in [("a", 3), ("b", 2), ("c", nil), ("d", 10)] {
            let header = JournalHeader(run: run, tool: "0.1.0", at: "2026-03-01T10:42:00Z", number: number)
            _ = try JournalFile<Note>.create(in: test.folder(), header: header, fence: OpenFence())
        }
        #expect(try await JournalFile<Note>.list(in: test.folder()).map(\.run) == ["c", "b", "a", "d"])
    }

    @Test func `are listed before one that is damaged, and one that is no file`() async throws {
        let test = try TestFolder()
        _ = try begin(test.folder(), run: "good")
        try write("hello".utf8, to: test.journal("bad"))
        #expect(mkdir(test.journal("folder"), 0o700) == 0)
        #expect(mkfifo(test.journal("pipe"), 0o600) == 0)
        let runs = try await JournalFile<Note>.list(in: test.folder())
        let kinds = runs.map { run in fault { try run.summary.get() }?.kind }
        #expect(runs.map(\.run) == ["good", "bad", "folder", "pipe"])
        #expect(kinds == [nil, .invalid, .invalid, .invalid])
    }

    @Test func `are listed with a torn tail`() async throws {
        let test = try TestFolder()
        let notes = try longJournal(in: test.folder())
        try write(bytes(of: test.journal()).dropLast(), to: test.journal())
        let summary = try await JournalFile<Note>.list(in: test.folder())[0].summary.get()
        #expect(summary.count == notes.count - 1)
        #expect(summary.last?.event == notes.dropLast().last)
        #expect(summary.tornTail != nil)
    }

    @Test(arguments: [
        "", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "ä", String(repeating: "x", count: 65), "a\n",
    ])
    func `have names that cannot lead out of the folder`(run: String) throws {
        let test = try TestFolder()
        #expect(fault { try begin(test.folder(), run: run) }?.kind == .invalid)
        #expect(fault { try JournalFile<Note>.read(in: test.folder(), run: run) }?.kind == .invalid)
    }

    @Test func `are missing by name, with the way to see those that are there`() throws {
        let test = try TestFolder()
        let refusals = [
            fault { try JournalFile<Note>.read(in: test.folder(), run: "r7") },
            fault { try JournalFile<Note>.open(in: test.folder(), run: "r7", fence: OpenFence()) },
        ]
        #expect(refusals.map { $0?.kind } == [.missing, .missing])
        #expect(refusals[0]?.remedy.contains("owui-upgrade history") == true)
    }

    @Test func `cannot begin where this user may not write`() throws {
        let test = try TestFolder()
        #expect(chmod(test.path + "/group", 0o555) == 0)
        defer { chmod(test.path + "/group", 0o755) }
        let refusal = try asSomebodyElse { fault { try begin(test.folder()) } }
        #expect(refusal?.kind == .denied)
        #expect(refusal?.what == "Cannot make the folder \(test.state).")
    }

    @Test func `cannot be read by another user`() throws {
        let test = try TestFolder()
        _ = try begin(test.folder())
        #expect(chmod(test.state, 0o755) == 0 && chmod(test.state + "/runs", 0o755) == 0)
        #expect(chmod(test.journal(), 0) == 0)
        let refusal = try asSomebodyElse { fault { try JournalFile<Note>.read(in: test.folder(), run: "r1") } }
        #expect(refusal?.kind == .denied)
    }

    @Test func `cannot begin where a file stands in the way`() throws {
        let test = try TestFolder()
        try write("".utf8, to: test.state)
        #expect(fault { try begin(test.folder()) }?.kind == .invalid)
    }

    /// The permissions of root bind nobody, so this thread looks at files as another user for a moment.
    private func asSomebodyElse<Value>(_ body: () -> Value) throws -> Value {
        // setfsuid(2) stands in a header that Swift's Glibc module leaves out.
        typealias Call = @convention(c) (uid_t) -> Int32
        let setfsuid = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: Call.self)
        let before = setfsuid(65_534)
        defer { _ = setfsuid(uid_t(before)) }
        return body()
    }
}
