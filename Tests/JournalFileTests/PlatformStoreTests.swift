import Testing
import UpgradeCore

@testable import JournalFile

private let header = JournalHeader(run: "r1", tool: "0.1.0", at: "2026-03-01T10:42:00Z")

/// A journal of so many notes, and the store that it is in.
private func journal(
    _ notes: Int, in objects: MemoryObjects, run: String = "r1"
) async throws -> (any JournalWriter<Note>, PlatformStore) {
    let store = PlatformStore(objects)
    let journal = try await store.create(
        JournalHeader(run: run, tool: "0.1.0", at: "t"), fence: OpenFence(), of: Note.self)
    for note in 0..<notes { try await journal.append(.said(text: "\(note)"), at: "t") }
    return (journal, store)
}

private struct NamedFence: Fence {
    let holder: String?

    func check() {}
}

private func notes(_ store: PlatformStore, run: String = "r1") async throws -> [String] {
    try await store.read(run, of: Note.self).records.map { if case .said(let text) = $0.event { text } else { "?" } }
}

@Suite struct `A journal in objects of a platform` {
    private let objects = MemoryObjects()

    @Test func `has one object a line, in the bytes of a file`() async throws {
        let test = try TestFolder()
        let file = try JournalFile<Note>.create(in: test.folder(), header: header, fence: OpenFence())
        let journal = try await PlatformStore(objects).create(header, fence: OpenFence(), of: Note.self)
        for text in ["one", "two"] {
            try file.append(.said(text: text), at: "t")
            try await journal.append(.said(text: text), at: "t")
        }
        #expect(objects.names == (0...2).map { "owui-upgrade.abcdefghijkl.r1.0000000\($0)" })
        #expect(try objects.all.flatMap(\.data) == bytes(of: test.journal()))
    }

    @Test func `is not written by a holder that has not been heard of, until it asks whose it is`()
        async throws
    {
        let clock = ManualClock()
        let lock = try await PlatformStore(objects, clock: clock).lock(.of("r1"), patience: .none)
        clock.advance(.seconds(40))
        #expect(fault { try lock.check() }?.kind == .owned)
        try await lock.confirm()
        try lock.check()
    }

    @Test func `has a record once whose maker was not told that it was made`() async throws {
        let store = PlatformStore(objects)
        let lock = try await store.lock(.of("r1"), patience: .none)
        let journal = try await store.create(header, fence: lock, of: Note.self)
        objects.order(.lostReply)
        #expect(try await journal.append(.said(text: "one"), at: "t").sequence == 1)
        objects.order(.away, .lostReply, .away)
        #expect(try await journal.append(.said(text: "two"), at: "t").sequence == 2)
        #expect(try await notes(store) == ["one", "two"])
    }

    @Test func `has no record twice that two processes write in the same words`() async throws {
        let store = PlatformStore(objects)
        _ = try await store.create(header, fence: OpenFence(), of: Note.self)
        let first = try await store.open("r1", fence: NamedFence(holder: "a"), of: Note.self).journal
        let second = try await store.open("r1", fence: NamedFence(holder: "b"), of: Note.self).journal
        try await first.append(.said(text: "same"), at: "t")
        #expect(await fault { try await second.append(.said(text: "same"), at: "t") }?.kind == .owned)
        #expect(try await notes(store) == ["same"])
    }

    @Test func `waits for a platform that is away, and not for ever`() async throws {
        let clock = RenewingClock { [objects] in objects.set(isAway: false) }
        let store = PlatformStore(objects, clock: clock)
        let journal = try await store.create(header, fence: OpenFence(), of: Note.self)
        objects.set(isAway: true)
        try await journal.append(.said(text: "one"), at: "t")
        let patient = try await PlatformStore(objects).open("r1", fence: OpenFence(), of: Note.self).journal
        objects.set(isAway: true)
        #expect(await fault { try await patient.append(.said(text: "two"), at: "t") }?.kind == .unavailable)
        objects.set(isAway: false)
        #expect(
            await fault { try await patient.append(.said(text: "three"), at: "t") }?.kind == .unavailable,
            "what became of the second is not known")
        #expect(try await notes(store) == ["one"])
    }

    @Test func `ends the wait at a signal`() async throws {
        let store = PlatformStore(objects, isInterrupted: { true })
        let journal = try await store.create(header, fence: OpenFence(), of: Note.self)
        objects.set(isAway: true)
        #expect(await fault { try await journal.append(.said(text: "one"), at: "t") }?.kind == .interrupted)
    }

    @Test func `refuses a record that no object holds`() async throws {
        let (journal, store) = try await journal(1, in: objects)
        let refusal = await fault {
            try await journal.append(.said(text: String(repeating: "x", count: 1000)), at: "t")
        }
        #expect(refusal?.kind == .exhausted)
        #expect(refusal?.why.contains("at most 1000 bytes") == true)
        try await journal.append(.said(text: "1"), at: "t")
        #expect(try await notes(store) == ["0", "1"])
    }

    @Test(arguments: ["flipped", "gone", "cut short", "moved"])
    func `that is damaged is refused, and hides no other`(damage: String) async throws {
        let (_, store) = try await journal(3, in: objects)
        _ = try await journal(1, in: objects, run: "r0")
        let stem = "owui-upgrade.abcdefghijkl.r1.0000000"
        let line = try #require(objects.all.first { $0.name == stem + "2" })
        let last = try #require(objects.all.first { $0.name == stem + "3" })
        switch damage {
        case "flipped":
            var data = line.data
            data[60] ^= 1
            objects.put(line.name, labels: line.labels, data: data)
        case "gone": objects.take(line.name)
        case "cut short": objects.put(last.name, labels: last.labels, data: last.data.dropLast(3))
        default: objects.put(line.name, labels: line.labels, data: last.data)
        }
        let refusal = await fault { try await store.read("r1", of: Note.self) }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.what.hasPrefix("The journal of run r1 in the memory is damaged in line") == true)
        #expect(refusal?.remedy.contains("`remove-all owui-upgrade.run=r1`") == true)
        let listed = try await store.list(of: Note.self)
        #expect(listed.map(\.run) == ["r0", "r1"])
        #expect(await fault { try await store.open("r1", fence: OpenFence(), of: Note.self) }?.kind == .invalid)
    }
}

@Suite struct `What a run leaves in a platform` {
    private let objects = MemoryObjects()

    @Test func `is one object with its whole journal, which can be gone on with`() async throws {
        let (_, store) = try await journal(2, in: objects)
        try await store.tidy(keeping: ["r1"])
        #expect(objects.names == ["owui-upgrade.abcdefghijkl.r1.all-00000002"])
        #expect(try await notes(store) == ["0", "1"])
        let (again, replay) = try await store.open("r1", fence: OpenFence(), of: Note.self)
        #expect(replay.records.count == 2)
        try await again.append(.said(text: "2"), at: "t")
        #expect(try await notes(store) == ["0", "1", "2"])
        try await store.tidy(keeping: ["r1"])
        #expect(objects.names == ["owui-upgrade.abcdefghijkl.r1.all-00000003"])
        #expect(try await notes(store) == ["0", "1", "2"])
    }

    @Test(arguments: 0..<3) func `is readable after a kill in the middle, and put away by the next`(
        removals: Int
    ) async throws {
        let (_, store) = try await journal(2, in: objects)
        objects.set(removals: removals)
        #expect(await fault { try await store.tidy(keeping: ["r1"]) }?.kind == .bug)
        #expect(try await notes(store) == ["0", "1"])
        objects.set(removals: .max)
        let (again, _) = try await store.open("r1", fence: OpenFence(), of: Note.self)
        try await again.append(.said(text: "2"), at: "t")
        try await store.tidy(keeping: ["r1"])
        #expect(objects.names == ["owui-upgrade.abcdefghijkl.r1.all-00000003"])
    }

    @Test func `stays as it was written where it does not fit into one object`() async throws {
        let (_, store) = try await journal(12, in: objects)
        let names = objects.names
        try await store.tidy(keeping: ["r1"])
        #expect(objects.names == names)
    }

    @Test func `goes with the runs that nobody keeps, and nothing of another deployment does`() async throws {
        let (_, store) = try await journal(2, in: objects)
        _ = try await journal(0, in: objects, run: "r2")
        objects.put("mine", labels: ["owui-upgrade.run": "r1", "owui-upgrade.deployment": "another"], data: [1])
        try await store.tidy(keeping: ["r2"])
        #expect(objects.names == ["mine", "owui-upgrade.abcdefghijkl.r2.all-00000000"])
    }

    @Test(arguments: 0..<3) func `is never the end of a journal without its beginning`(removals: Int) async throws {
        let (_, store) = try await journal(2, in: objects)
        objects.set(removals: removals)
        #expect(await fault { try await store.tidy(keeping: []) }?.kind == .bug)
        #expect(try await notes(store).count == 2 - removals)
    }
}

@Suite struct `A lock in an object of a platform` {
    private let objects = MemoryObjects()

    @Test(arguments: [MemoryObjects.Trouble.lostReply, .away])
    func `is somebody's only where the platform says so`(trouble: MemoryObjects.Trouble) async throws {
        objects.order(trouble)
        let refusal = await fault { try await PlatformStore(objects).lock(.of("r1"), patience: .none) }
        #expect(refusal?.kind == (trouble == .away ? .unavailable : nil))
        objects.order(trouble)
        let taker = await fault { try await PlatformStore(objects).lock(.of("r2"), patience: .none) }
        #expect(taker?.kind == (trouble == .away ? .unavailable : nil))
        #expect(try await PlatformStore(objects).lockHolder()?.run == (trouble == .away ? nil : "r2"))
    }

    @Test func `is not lost while the platform is away, and good again when it is back`() async throws {
        let clock = ManualClock()
        let lock = try await PlatformStore(objects, clock: clock).lock(.of("r1"), patience: .none)
        objects.set(isAway: true)
        clock.advance(.seconds(12))
        #expect(await fault { try await lock.renew() }?.kind == .unavailable)
        try lock.check()
        clock.advance(.seconds(12))
        #expect(fault { try lock.check() }?.kind == .owned)
        #expect(await fault { try await lock.confirm() }?.kind == .unavailable)
        objects.set(isAway: false)
        try await lock.confirm()
        try lock.check()
    }

    @Test func `is renewed although the answer to the last renewal was lost`() async throws {
        let lock = try await PlatformStore(objects).lock(.of("r1"), patience: .none)
        objects.order(.lostReply)
        #expect(await fault { try await lock.renew() }?.kind == .unavailable)
        try await lock.renew()
        #expect(try await PlatformStore(objects).lockHolder()?.renewal == 2)
    }

    @Test func `leaves a stump where its release is cut short, which nobody revives`() async throws {
        let store = PlatformStore(objects)
        let lock = try await store.lock(.of("r1"), patience: .none)
        objects.set(removals: 0)
        #expect(await fault { try await lock.release() }?.kind == .bug)
        #expect(try await store.lockHolder() == nil)
        let stump = try #require(objects.all.first)
        objects.set(removals: .max)
        let next = try await store.lock(.of("r2"), patience: .none)
        #expect(objects.all.map(\.name) == [stump.name])
        try objects.remove(stump)
        try await next.confirm()
    }

    @Test func `that cannot be understood is nobody's to take`() async throws {
        objects.put(
            "owui-upgrade.abcdefghijkl.lock", labels: ["owui-upgrade.lock": "{"], data: [1])
        let refusal = await fault { try await PlatformStore(objects).lock(.of("r1"), patience: .none) }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.remedy.contains("`remove owui-upgrade.abcdefghijkl.lock`") == true)
    }
}
