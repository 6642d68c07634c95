import Testing

@testable import UpgradeCore

/// What a drive did, in the order in which it did it.
final class Trace: @unchecked Sendable {
    var lines: [String] = []
}

/// A platform on which everything is at once as it was asked for.
struct ObedientPlatform: Backend, Database {
    final class World: @unchecked Sendable {
        var deployment = Deployment(workloads: [Sample.main()])
        var revision = Sample.sourceHead
        var faults: [String: Fault] = [:]
    }

    let world = World()
    let trace: Trace

    private func note(_ name: String) throws(Fault) {
        trace.lines.append("do \(name)")
        if let fault = world.faults[name] { throw fault }
    }

    func observe() async throws(Fault) -> Deployment {
        if let fault = world.faults["observe"] { throw fault }
        return world.deployment
    }
    func findings(for plan: Plan) async throws(Fault) -> [Finding] { [] }

    func apply(_ change: Change) async throws(Fault) {
        try note("apply")
        for desired in change.workloads {
            let settings = desired.settings
            let version = settings.image
            world.deployment.workloads[0].settings = settings
            world.deployment.workloads[0].instances = (0..<settings.replicas).map {
                Instance(
                    id: "\(desired.naming)-\($0)", image: version, generation: desired.naming,
                    answer: .serving(version: version))
            }
            if settings.image == "0.12.4", settings.replicas > 0 { world.revision = Sample.targetHead }
        }
    }

    func read(image: String) async throws(Fault) -> ImageFacts {
        try note("read")
        return image == "0.12.4" ? Sample.target : Sample.source
    }

    func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
        try note(paused ? "pause" : "resumeAutomation")
        return []
    }

    func saveEvidence(of run: String) async throws(Fault) -> [String] { [] }
    func look() async throws(Fault) -> DatabaseState { Sample.database(world.revision) }
    func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {}

    func check(
        pending: [String], from source: String, to target: String
    ) async throws(Fault) -> [Finding] {
        try note("check from \(source) to \(target)")
        return []
    }

    func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord {
        try note("backUp")
        return Sample.backup
    }

    func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) { try note("restore") }
}

struct TracedJournal: Journal {
    let trace: Trace
    var events: [Event] = []
    /// How many more events it takes before it fails.
    var room = Int.max

    mutating func append(_ event: Event) throws(Fault) {
        guard events.count < room else { throw Fault(.exhausted, "The disk is full.", remedy: "make room") }
        events.append(event)
        if case .began(let command) = event {
            trace.lines.append("began \("\(command)".prefix { $0.isLetter })")
        }
    }
}

/// A clock that moves only when it is waited for, and interrupts after so many questions.
final class ManualClock: Clock, @unchecked Sendable {
    var now = Moment(milliseconds: 0)
    var questions = Int.max

    var interruption: String? {
        questions -= 1
        return questions < 0 ? "SIGTERM" : nil
    }

    func wait(until moment: Moment) async { now = moment }
}

struct Nobody: Audience {
    func hear(_ event: Event, of upgrade: Upgrade) {}
    func see(_ observation: Observation, of upgrade: Upgrade) {}
}

@Suite struct `The driver` {
    let trace = Trace()
    let clock = ManualClock()

    private func driver(
        _ platform: ObedientPlatform, room: Int = .max, approved: Bool = true
    ) async throws -> Driver<TracedJournal> {
        let first = Event.started(run: "r1", plan: Sample.plan, tool: "0.1.0", by: "ada")
        let journal = TracedJournal(trace: trace, events: [first], room: room)
        var driver = Driver(
            try Upgrade(first), journal: journal, backend: platform, database: platform, clock: clock,
            audience: Nobody())
        guard approved else { return driver }
        #expect(try await driver.drive() == .asks)
        try await driver.record(.decided(decision: .approve, by: "ada"))
        return driver
    }

    @Test func `asks, then drives to the end, and its journal replays to the same run`() async throws {
        var driver = try await driver(ObedientPlatform(trace: trace))
        #expect(try await driver.drive() == .finished(.upgraded(changed: true)))
        #expect(try Upgrade(replaying: driver.journal.events) == driver.upgrade)
    }

    @Test func `says between which versions is to be checked`() async throws {
        _ = try await driver(ObedientPlatform(trace: trace))
        #expect(trace.lines.contains("do check from 0.6.43 to 0.12.4"))
    }

    @Test func `journals every change before it makes it`() async throws {
        var driver = try await driver(ObedientPlatform(trace: trace))
        _ = try await driver.drive()
        let deeds = trace.lines.indices.filter { trace.lines[$0] == "do apply" || trace.lines[$0] == "do backUp" }
        #expect(deeds.count == 6)
        for index in deeds { #expect(trace.lines[index - 1] == "began \(trace.lines[index].dropFirst(3))") }
    }

    @Test func `never journals what the rules refuse`() async throws {
        var driver = try await driver(ObedientPlatform(trace: trace))
        let (events, upgrade) = (driver.journal.events, driver.upgrade)
        let fault = await #expect(throws: Fault.self) { try await driver.record(.ended(reply: .done)) }
        #expect(fault?.kind == .bug)
        #expect(driver.journal.events == events)
        #expect(driver.upgrade == upgrade)
    }

    @Test func `never counts what the journal refuses`() async throws {
        let platform = ObedientPlatform(trace: trace)
        var driver = try await driver(platform, room: 9)
        let before = driver.upgrade
        #expect(driver.journal.events.count == 8)
        try await driver.record(.noticed(notice: .databaseBack))
        trace.lines = []
        let fault = await #expect(throws: Fault.self) { try await driver.drive() }
        #expect(fault?.kind == .exhausted)
        #expect(driver.upgrade == before)
        #expect(trace.lines.isEmpty)
    }

    @Test(arguments: 0..<40) func `stops at a durable point on a signal, and goes on from there`(questions: Int)
        async throws
    {
        let platform = ObedientPlatform(trace: trace)
        var driver = try await driver(platform)
        clock.questions = questions
        var ending = try await driver.drive()
        if case .interrupted(let signal) = ending {
            #expect(signal == "SIGTERM")
            #expect(driver.journal.events.last == .interrupted(signal: "SIGTERM"))
            clock.questions = .max
            ending = try await driver.drive()
        }
        #expect(ending == .finished(.upgraded(changed: true)))
        #expect(try Upgrade(replaying: driver.journal.events) == driver.upgrade)
    }

    @Test func `takes a look that a signal ended for nothing but the signal`() async throws {
        let platform = ObedientPlatform(trace: trace)
        var driver = try await driver(platform)
        platform.world.faults["observe"] = Fault(.interrupted, "The look was ended.", remedy: "again")
        // The first question comes before the look, which ends because the signal has come.
        clock.questions = 1
        #expect(try await driver.drive() == .interrupted(signal: "SIGTERM"))
        #expect(driver.journal.events.last == .interrupted(signal: "SIGTERM"))
        (clock.questions, platform.world.faults["observe"]) = (.max, nil)
        #expect(try await driver.drive() == .finished(.upgraded(changed: true)))
    }

    @Test func `ends at once where the deployment belongs to another run`() async throws {
        let platform = ObedientPlatform(trace: trace)
        platform.world.faults["apply"] = Fault(.owned, "It is another's.", remedy: "wait")
        var driver = try await driver(platform)
        let fault = await #expect(throws: Fault.self) { try await driver.drive() }
        #expect(fault?.kind == .owned)
        #expect(driver.upgrade.pending != nil)
    }

    @Test func `pauses longer and longer between attempts, then lets the rules decide`() async throws {
        let platform = ObedientPlatform(trace: trace)
        platform.world.faults["backUp"] = Fault(.unavailable, "It is away.", remedy: "wait")
        var driver = try await driver(platform)
        guard case .finished(.rolledBack) = try await driver.drive() else {
            Issue.record("\(driver.upgrade.position)")
            return
        }
        #expect(trace.lines.filter { $0 == "do backUp" }.count == 11)
        #expect(clock.now.milliseconds >= 120_000)
    }
}
