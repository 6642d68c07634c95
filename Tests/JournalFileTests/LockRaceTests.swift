import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

@Suite(.timeLimit(.minutes(10))) struct `Many that want one lock` {
    static let contenders = 4

    @Test(arguments: 0..<3)
    func `as processes are refused but for one`(round: Int) async throws {
        let test = try TestFolder()
        let path = test.path
        try #require(mkfifo(path + "/lost", 0o600) == 0)
        // Held open in both directions, so that nobody's open waits and no byte is lost.
        let pipe = open(path + "/lost", O_RDWR | O_CLOEXEC)
        try #require(pipe >= 0)
        defer { close(pipe) }
        await withTaskGroup { group in
            for _ in 0..<Self.contenders {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in try await contend(in: path) }
                }
            }
        }
        #expect(mode(of: path + "/won") == 0o700, "one has won")
    }

    @Test(arguments: 0..<20)
    func `as tasks are refused but for one, also when all see the same dead holder`(round: Int) async throws {
        let test = try TestFolder()
        if round % 2 == 0 { _ = try await test.lock("dead", as: .here.with(boot: "b0")) }
        let processes = ListedProcesses(states: [100: .running(started: "5000")])
        let faults = await withTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    await fault { try await test.lock("r\(number)", patience: .none, processes: processes) }
                }
            }
            return await group.reduce(into: [Fault?]()) { $0.append($1) }
        }
        #expect(faults.count { $0 == nil } == 1)
        #expect(faults.count { $0?.kind == .owned } == 7)
    }

    @Test func `get it at once when its holder was killed`() async throws {
        let test = try TestFolder()
        let path = test.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let folder = StateFolder(path + "/group/.owui-upgrade")
            let lock = try await LockFile.acquire(in: folder, claim: .of("killed"))
            let journal = try begin(folder, run: "killed", fence: lock)
            try journal.append(.began(step: "swap-image"), at: "t")
            kill(getpid(), SIGKILL)
        }
        let clock = ManualClock { _ in Issue.record("nobody has to wait for the dead") }
        let lock = try await LockFile.acquire(in: test.folder(), claim: .of("next"), patience: .none, clock: clock)
        #expect(lock.previous?.run == "killed")
        let (journal, replay) = try JournalFile<Note>.open(in: test.folder(), run: "killed", fence: lock)
        #expect(replay.records.map(\.event) == [.began(step: "swap-image")])
        try journal.append(.ended(step: "swap-image", seconds: 1), at: "t")
    }
}

/// Wins and waits until all others have lost, or loses and says so.
func contend(in path: String) async throws {
    let pipe = open(path + "/lost", O_RDWR | O_CLOEXEC)
    let refusal = await fault {
        let folder = StateFolder(path + "/group/.owui-upgrade")
        let lock = try await LockFile.acquire(in: folder, claim: .of("r\(getpid())"), patience: .none)
        // A second winner must not wait as well, or the test would hang where it should fail.
        guard mkdir(path + "/won", 0o700) == 0 else {
            Issue.record("two processes hold the lock")
            throw Fault(.owned, "Won twice.", remedy: "-")
        }
        var byte: UInt8 = 0
        for _ in 1..<`Many that want one lock`.contenders { #expect(read(pipe, &byte, 1) == 1) }
        try lock.check()
    }
    guard let refusal else { return }
    #expect(refusal.kind == .owned)
    #expect(Glibc.write(pipe, [1], 1) == 1)
}
