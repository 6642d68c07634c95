import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `The lock of a deployment` {
    @Test func `says who holds it, where, since when and for which run`() async throws {
        let test = try TestFolder()
        let lock = try await test.lock("r1")
        let record = try #require(try test.folder().lockHolder())
        #expect(record.run == "r1")
        #expect(
            record.holder
                == "ana@deploy-1 holds it for run r1 (process 100 on deploy-1, since 2026-03-01T10:42:00Z)")
        #expect(lock.previous == nil)
        #expect(lock.renewalInterval == .seconds(10))
        #expect(mode(of: test.state + "/lock") == 0o600)
    }

    @Test func `refuses a second run while its holder renews, and names the holder and what to do`() async throws {
        let test = try TestFolder()
        let holder = try await test.lock("r1", as: .elsewhere)
        let clock = ManualClock { _ in try holder.renew() }
        let refusal = await fault { try await test.lock("r2", clock: clock) }
        #expect(refusal?.kind == .owned)
        #expect(refusal?.why.contains("run r1 (process 4121 on deploy-2, since 2026-03-01T10:42:00Z)") == true)
        #expect(refusal?.remedy.contains("`owui-upgrade status`") == true)
        #expect(refusal?.remedy.contains("`owui-upgrade unlock r1`") == true)
        try holder.check()
    }

    @Test func `is taken over only after a whole lease in which the record stood still`() async throws {
        let test = try TestFolder()
        let holder = try await test.lock("r1", as: .elsewhere)
        let clock = ManualClock()
        let taker = try await test.lock("r2", clock: clock)
        #expect(clock.now() - .seconds(1_000) == .seconds(30))
        #expect(taker.previous?.run == "r1")
        #expect(fault { try holder.check() }?.kind == .owned)
        #expect(fault { try holder.check() }?.why.contains("run r2") == true)
        #expect(fault { try holder.renew() }?.kind == .owned)
        try taker.check()
    }

    @Test func `is not taken over when its holder renews at the last moment`() async throws {
        let test = try TestFolder()
        let holder = try await test.lock("r1", as: .elsewhere)
        let clock = ManualClock { waited in if waited >= .seconds(30) { try holder.renew() } }
        #expect(await fault { try await test.lock("r2", clock: clock) }?.kind == .owned)
        try holder.check()
    }

    @Test func `is taken from the dead at once`() async throws {
        let test = try TestFolder()
        _ = try await test.lock("r1", as: .here)
        let clock = ManualClock { _ in Issue.record("nobody has to wait for the dead") }
        let taker = try await test.lock("r2", patience: .none, clock: clock)
        #expect(taker.previous?.run == "r1")
        let here = ProcessIdentity.here.with(boot: "b9")
        #expect(try await test.lock("r3", as: here, patience: .none, clock: clock).previous?.run == "r2")
    }

    @Test func `refuses at once where nobody wants to wait`() async throws {
        let test = try TestFolder()
        _ = try await test.lock("r1", as: .elsewhere)
        let clock = ManualClock { _ in Issue.record("it waited") }
        #expect(await fault { try await test.lock("r2", patience: .none, clock: clock) }?.kind == .owned)
    }

    @Test func `is renewed before anything else by a holder that stood still, where nobody has taken it`() async throws
    {
        let test = try TestFolder()
        let clock = ManualClock()
        let lock = try await test.lock("r1", as: .elsewhere, clock: clock)
        let before = try test.folder().lockHolder()
        clock.advance(.milliseconds(19_999))
        try lock.check()
        #expect(try test.folder().lockHolder() == before, "it is not written at each look")
        clock.advance(.seconds(3600))
        try lock.check()
        #expect(try test.folder().lockHolder() != before, "whoever waits for it sees that its holder lives")
        clock.advance(.seconds(3600))
        _ = try await test.lock("r2")
        #expect(fault { try lock.check() }?.kind == .owned)
    }

    @Test func `stops a journal when it is lost, before a byte is written`() async throws {
        let test = try TestFolder()
        let clock = ManualClock()
        let lock = try await test.lock("r1", as: .elsewhere, clock: clock)
        let journal = try begin(test.folder(), fence: lock)
        try journal.append(.began(step: "pause"), at: "t")
        clock.advance(.seconds(20))
        _ = try await test.lock("r2")
        #expect(fault { try journal.append(.began(step: "lost"), at: "t") }?.kind == .owned)
        #expect(
            try JournalFile<Note>.read(in: test.folder(), run: "r1").records.map(\.event) == [.began(step: "pause")])
    }

    @Test func `is given up by its holder alone`() async throws {
        let test = try TestFolder()
        let first = try await test.lock("r1", as: .elsewhere)
        let second = try await test.lock("r2")
        try first.release()
        try second.check()
        try second.release()
        #expect(try test.folder().lockHolder() == nil)
        try second.release()
        #expect(fault { try second.check() }?.kind == .owned)
        _ = try await test.lock("r3", patience: .none)
    }

    @Test func `is removed by force only for the run that it names`() async throws {
        let test = try TestFolder()
        #expect(fault { try test.folder().unlock(run: "r1") }?.kind == .missing)
        let lock = try await test.lock("r1", as: .elsewhere)
        #expect(fault { try test.folder().unlock(run: "r2") }?.kind == .owned)
        try lock.check()
        #expect(try test.folder().unlock(run: "r1").run == "r1")
        #expect(fault { try lock.check() }?.why == "its lock was removed by someone else")
        #expect(fault { try lock.renew() }?.kind == .owned)
        #expect(try test.folder().lockHolder() == nil, "a lost lock does not come back by a renewal")
    }

    @Test(arguments: ["", "{", "{\"format\":1}"])
    func `that cannot be understood is nobody's to take`(text: String) async throws {
        let test = try TestFolder()
        try test.folder().make()
        try write(text.utf8, to: test.state + "/lock")
        let refusal = await fault { try await test.lock("r1") }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.remedy.contains("rm \(test.state)/lock") == true)
    }

    @Test func `keeps its record when the disk is full at a renewal`() async throws {
        let test = try TestFolder()
        let gate = RecordingGate()
        let clock = ManualClock()
        let lock = try await LockFile.acquire(
            in: test.folder(gate), claim: .of("r1"), here: .here, processes: ListedProcesses(), clock: clock)
        gate.answer { if case .write = $0 { .fail(ENOSPC) } else { .goOn } }
        clock.advance(.seconds(10))
        #expect(fault { try lock.renew() }?.kind == .exhausted)
        try lock.check()
        clock.advance(.seconds(10))
        let lapsed = fault { try lock.check() }
        #expect(lapsed?.kind == .owned)
        #expect(lapsed?.why.contains("last renewed 20 s ago, and cannot be now: ") == true, "\(lapsed?.why ?? "")")
        gate.answer { _ in .goOn }
        try lock.check()
    }

    @Test func `ends the wait for it when the waiting is cancelled`() async throws {
        let test = try TestFolder()
        _ = try await test.lock("r1", as: .elsewhere)
        let waiting = Task { await fault { try await test.lock("r2", clock: BootClock()) } }
        waiting.cancel()
        #expect(await waiting.value?.kind == .interrupted)
    }
}
