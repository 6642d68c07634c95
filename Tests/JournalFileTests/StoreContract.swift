import Testing
import UpgradeCore

@testable import JournalFile

/// A deployment without a run, and how a process comes to its store.
struct StoreGround: Sendable {
    let store: @Sendable (ProcessIdentity, any LeaseClock, ListedProcesses) -> any RunStore

    func store(
        as process: ProcessIdentity = .here, clock: any LeaseClock = ManualClock(),
        _ processes: ListedProcesses = ListedProcesses()
    ) -> any RunStore { store(process, clock, processes) }
}

/// What holds of every store of runs, wherever it keeps them.
enum StoreContract: String, CaseIterable, CustomTestStringConvertible {
    case replay = "what was written is read again, also by others, in the order in which runs are counted"
    case onceOnly = "a run begins once"
    case secondWriter = "of two writers one is refused, and nothing of it stays"
    case fenced = "nothing is written once the lock is lost"
    case refusal = "a second run is refused while the holder renews"
    case takeover = "a silent holder is followed after a whole lease, and stops"
    case dead = "a dead holder is followed at once"
    case staleRelease = "whoever has lost the lock does not take it from the next"
    case lapse = "a holder that stood still goes on where nobody has taken its lock"
    case race = "of many takers one wins"
    case force = "the lock is freed by force only of the run that is named"

    var testDescription: String { rawValue }

    func check(on ground: StoreGround) async throws {
        switch self {
        case .replay: try await replays(ground)
        case .onceOnly: try await beginsOnce(ground)
        case .secondWriter: try await refusesSecondWriter(ground)
        case .fenced: try await writesNothingLate(ground)
        case .refusal: try await refuses(ground)
        case .takeover: try await takesOver(ground)
        case .dead: try await followsTheDead(ground)
        case .staleRelease: try await releasesItsOwnAlone(ground)
        case .lapse: try await lapses(ground)
        case .race: try await hasOneWinner(ground)
        case .force: try await unlocks(ground)
        }
    }

    private static func header(_ run: String, _ number: Int? = nil) -> JournalHeader {
        JournalHeader(run: run, tool: "0.1.0", at: "2026-03-01T10:42:00Z", number: number)
    }

    private func replays(_ ground: StoreGround) async throws {
        let store = ground.store()
        #expect(try await store.list(of: Event.self).isEmpty)
        let lock = try await store.lock(.of("b"), patience: .none)
        for (run, number) in [("b", 1), ("a", 2)] {
            let journal = try await store.create(Self.header(run, number), fence: lock, of: Event.self)
            for event in ["pause", "go"] {
                try await journal.append(.interrupted(signal: "\(event) \(run)"), at: "t")
            }
        }
        let other = ground.store(as: .elsewhere)
        #expect(try await other.list(of: Event.self).map(\.run) == ["b", "a"])
        let read = try await other.read("a", of: Event.self)
        #expect(read.records.map(\.sequence) == [1, 2])
        #expect(read.records.last?.event == .interrupted(signal: "go a"))
        #expect(await fault { try await other.read("c", of: Event.self) }?.kind == .missing)
        #expect(await fault { try await other.read("../c", of: Event.self) }?.kind == .invalid)
    }

    private func beginsOnce(_ ground: StoreGround) async throws {
        let store = ground.store()
        let lock = try await store.lock(.of("r1"), patience: .none)
        _ = try await store.create(Self.header("r1"), fence: lock, of: Event.self)
        let again = await fault { try await store.create(Self.header("r1"), fence: lock, of: Event.self) }
        #expect(again?.kind == .conflict)
    }

    private func refusesSecondWriter(_ ground: StoreGround) async throws {
        let store = ground.store()
        let lock = try await store.lock(.of("r1"), patience: .none)
        let first = try await store.create(Self.header("r1"), fence: lock, of: Event.self)
        let second = try await store.open("r1", fence: lock, of: Event.self).journal
        try await first.append(.interrupted(signal: "first"), at: "t")
        #expect(await fault { try await second.append(.interrupted(signal: "second"), at: "t") }?.kind == .owned)
        try await first.append(.interrupted(signal: "third"), at: "t")
        #expect(await fault { try await second.append(.interrupted(signal: "fourth"), at: "t") }?.kind == .owned)
        let events = try await store.read("r1", of: Event.self).records.map(\.event)
        #expect(events == [.interrupted(signal: "first"), .interrupted(signal: "third")])
    }

    private func writesNothingLate(_ ground: StoreGround) async throws {
        let store = ground.store(as: .elsewhere)
        let lock = try await store.lock(.of("r1"), patience: .none)
        let journal = try await store.create(Self.header("r1"), fence: lock, of: Event.self)
        let taker = ground.store()
        let taken = try await taker.lock(.of("r1"), patience: .oneLease)
        #expect(await fault { try await journal.append(.interrupted(signal: "late"), at: "t") }?.kind == .owned)
        let (own, replay) = try await taker.open("r1", fence: taken, of: Event.self)
        #expect(replay.records.isEmpty)
        try await own.append(.interrupted(signal: "on"), at: "t")
        #expect(await fault { try await journal.append(.interrupted(signal: "later"), at: "t") }?.kind == .owned)
        #expect(try await taker.read("r1", of: Event.self).records.map(\.event) == [.interrupted(signal: "on")])
    }

    private func refuses(_ ground: StoreGround) async throws {
        let holder = try await ground.store(as: .elsewhere).lock(.of("r1"), patience: .none)
        let clock = RenewingClock { try await holder.renew() }
        let refusal = await fault { try await ground.store(clock: clock).lock(.of("r2"), patience: .oneLease) }
        #expect(refusal?.kind == .owned)
        #expect(refusal?.why.contains("run r1 (process 4121 on deploy-2, since 2026-03-01T10:42:00Z)") == true)
        #expect(refusal?.remedy.contains("`owui-upgrade unlock r1`") == true)
        let at = await fault { try await ground.store().lock(.of("r2"), patience: .none) }
        #expect(at?.kind == .owned)
        try await holder.confirm()
    }

    private func takesOver(_ ground: StoreGround) async throws {
        let holder = try await ground.store(as: .elsewhere).lock(.of("r1"), patience: .none)
        let clock = ManualClock()
        let taker = try await ground.store(clock: clock).lock(.of("r2"), patience: .oneLease)
        #expect(clock.now() - .seconds(1_000) == .seconds(30))
        #expect(taker.previous?.run == "r1")
        #expect(taker.holder != holder.holder)
        #expect(await fault { try await holder.confirm() }?.why.contains("run r2") == true)
        let lost = #expect(throws: Fault.self) { try holder.check() }
        #expect(lost?.kind == .owned)
        #expect(await fault { try await holder.renew() }?.kind == .owned)
        try await taker.confirm()
    }

    private func followsTheDead(_ ground: StoreGround) async throws {
        let store = ground.store(clock: RenewingClock { Issue.record("nobody has to wait for the dead") })
        _ = try await store.lock(.of("r1"), patience: .none)
        #expect(try await store.lock(.of("r2"), patience: .none).previous?.run == "r1")
    }

    private func releasesItsOwnAlone(_ ground: StoreGround) async throws {
        let first = try await ground.store(as: .elsewhere).lock(.of("r1"), patience: .none)
        let second = try await ground.store().lock(.of("r2"), patience: .oneLease)
        try await first.release()
        try await second.confirm()
        try await second.release()
        #expect(try await ground.store().lockHolder() == nil)
        try await second.release()
        #expect(await fault { try await second.confirm() }?.kind == .owned)
        let third = try await ground.store().lock(.of("r3"), patience: .none)
        try await second.release()
        try await third.confirm()
    }

    private func lapses(_ ground: StoreGround) async throws {
        let clock = ManualClock()
        let lock = try await ground.store(clock: clock).lock(.of("r1"), patience: .none)
        clock.advance(.seconds(3600))
        try await lock.confirm()
        try lock.check()
        _ = try await ground.store().unlock(run: "r1")
        clock.advance(.seconds(3600))
        #expect(await fault { try await lock.confirm() }?.kind == .owned)
    }

    private func hasOneWinner(_ ground: StoreGround) async throws {
        let processes = ListedProcesses(states: [100: .running(started: "5000")])
        _ = try await ground.store(as: .here.with(boot: "b0")).lock(.of("dead"), patience: .none)
        let faults = await withTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    await fault {
                        try await ground.store(.here, ManualClock(), processes).lock(.of("r\(number)"), patience: .none)
                    }
                }
            }
            return await group.reduce(into: [Fault?]()) { $0.append($1) }
        }
        #expect(faults.count { $0 == nil } == 1)
        #expect(faults.count { $0?.kind == .owned } == 5)
    }

    private func unlocks(_ ground: StoreGround) async throws {
        let store = ground.store()
        #expect(await fault { try await store.unlock(run: "r1") }?.kind == .missing)
        let lock = try await ground.store(as: .elsewhere).lock(.of("r1"), patience: .none)
        #expect(await fault { try await store.unlock(run: "r2") }?.kind == .owned)
        try await lock.confirm()
        #expect(try await store.unlock(run: "r1").run == "r1")
        #expect(await fault { try await lock.confirm() }?.why == "its lock was removed by someone else")
        #expect(await fault { try await lock.renew() }?.kind == .owned)
        #expect(try await store.lockHolder() == nil, "a lost lock does not come back by a renewal")
    }
}

/// A clock on which something is done whenever it is waited for.
final class RenewingClock: LeaseClock {
    private let clock = ManualClock()
    private let meanwhile: @Sendable () async throws -> Void

    init(meanwhile: @escaping @Sendable () async throws -> Void) { self.meanwhile = meanwhile }

    func now() -> Duration { clock.now() }

    func wait(for duration: Duration) async throws(Fault) {
        clock.advance(duration)
        do { try await meanwhile() } catch { throw error as? Fault ?? Fault(.bug, "\(error)", remedy: "-") }
    }
}
