import Synchronization
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `What a version of a local group may start on` {
    private static let facts = ImageFacts(image: "2.0.0", version: "2.0.0", chain: ["a", "b", "c"], digest: "d")

    private static func ground(
        _ rows: [String]?, sessions: [Session] = [], hasUsers: Bool = true, main: [Instance] = [],
        companion: [Instance] = [], fits: [String] = []
    ) -> LocalGround {
        let settings = Settings(image: "2.0.0", replicas: 1)
        return LocalGround(
            facts: facts,
            state: DatabaseState(
                revisions: rows.map { [SchemaRevision(schema: "public", rows: $0)] } ?? [], sessions: sessions),
            hasUsers: hasUsers,
            workloads: [
                Workload(name: "chat", role: .main, settings: settings, instances: main),
                Workload(name: "pool", role: .companion, settings: settings, instances: companion),
            ], fits: fits)
    }

    @Test func `is its own schema, or an empty database`() {
        #expect(Self.ground(["c"]).objection(first: true) == nil)
        #expect(Self.ground(nil, hasUsers: false).objection(first: true) == nil)
        #expect(Self.ground([], hasUsers: false).objection(first: true) == nil)
    }

    @Test func `is no schema that it would migrate without a backup`() throws {
        let fault = try #require(Self.ground(["b"], fits: ["1.9.0", "1.8.0"]).objection(first: true))
        #expect(fault.what == "2.0.0 would migrate this database, and `local up` makes no backup.")
        #expect(fault.why == "the database is at b, and 2.0.0 ends at c")
        #expect(
            fault.remedy == "start 1.9.0, whose schema this is, with `owui-upgrade local up --version 1.9.0`, "
                + "then upgrade it with `owui-upgrade --to 2.0.0`")
        let unknown = try #require(Self.ground(["b"]).objection(first: true))
        #expect(unknown.remedy.contains("owui-upgrade releases"))
    }

    @Test func `is no schema that it does not know`() throws {
        let fault = try #require(Self.ground(["z"], fits: ["3.0.0"]).objection(first: true))
        #expect(fault.what == "2.0.0 does not know the schema that this database has.")
        #expect(
            fault.remedy.hasPrefix("start 3.0.0, whose schema this is, with `owui-upgrade local up --version 3.0.0`"))
    }

    @Test func `is neither two revisions nor users without one`() {
        #expect(Self.ground(["b", "c"]).objection(first: true)?.what == "The database has more than one revision.")
        #expect(
            Self.ground(nil).objection(first: true)?.what.hasPrefix("The database has users but no revision") == true)
        #expect(
            Self.ground([]).objection(first: true)?.what.hasPrefix("The database has users but no revision") == true)
    }

    @Test func `is no database that somebody else is on`() throws {
        for session in [Session(pid: 7, client: "10.0.0.1:5"), Session(pid: 7, instance: "owui-chat-up1.1-1")] {
            let fault = try #require(Self.ground(["c"], sessions: [session]).objection(first: true))
            #expect(fault.why.contains("server process 7"))
        }
        let own = Instance(id: "owui-chat-up1.1-1", image: "2.0.0", answer: .serving(version: "2.0.0"))
        let session = Session(pid: 7, instance: own.id)
        #expect(Self.ground(["c"], sessions: [session], main: [own]).objection(first: true) == nil)
    }

    @Test func `is a schema that an instance of it is just making`() {
        let starting = Instance(id: "i", image: "2.0.0")
        let serving = Instance(id: "i", image: "2.0.0", answer: .serving(version: "2.0.0"))
        #expect(Self.ground(["b"], main: [starting]).objection(first: true) == nil)
        #expect(Self.ground(["b"], main: [serving]).objection(first: true)?.remedy.hasPrefix("stop the group") == true)
        // A companion that starts is no reason to start a migrator beside it.
        #expect(Self.ground(["b"], companion: [starting]).objection(first: true) != nil)
    }

    @Test func `is its own schema alone once the first instance serves`() {
        let serving = Instance(id: "i", image: "2.0.0", answer: .serving(version: "2.0.0"))
        #expect(Self.ground(["c"], main: [serving]).objection(first: false) == nil)
        #expect(Self.ground(["b"], main: [serving]).objection(first: false)?.kind == .failed)
        #expect(Self.ground(nil, hasUsers: false, main: [serving]).objection(first: false)?.kind == .failed)
    }

    private func refusal(_ site: LocalSite, _ version: String, _ database: Standing) async throws -> Fault? {
        let fault = await #expect(throws: Fault.self) {
            try await site.backend().up(
                version: version, replicas: 1, owner: nil, database: database, clock: SteadyClock())
        }
        #expect(site.carried.isEmpty, "nothing was started")
        return fault
    }

    @Test func `is asked of the database, whatever the group remembers`() async throws {
        try await LocalSite.with { site in
            try site.install("2.0.0", script: "#!/bin/sh\nexit 1\n")
            let packages = "\(site.folder)/opt/2.0.0/lib/python3.11/site-packages/open_webui/migrations/versions"
            try site.write("\(packages)/c.py", "revision = 'cccccccccccc'\ndown_revision = 'bbbbbbbbbbbb'\n")
            let older = try await refusal(site, "2.0.0", Standing())
            #expect(older?.why == "the database is at bbbbbbbbbbbb, and 2.0.0 ends at cccccccccccc")
            let newer = try await refusal(site, "1.0.0", Standing(revision: "cccccccccccc"))
            #expect(newer?.what == "1.0.0 does not know the schema that this database has.")
            let closed = try await refusal(
                site, "1.0.0", Standing(fault: Fault(.unavailable, "It is down.", remedy: "x")))
            #expect(closed?.what == "It is down.")
            // The group was at 2.0.0, and its database was put back to the schema of 1.0.0.
            try await site.backend().apply(.chat("2.0.0", 0))
            let remembered = try await refusal(site, "2.0.0", Standing())
            #expect(remembered?.remedy.contains("find the version whose migrations end at bbbbbbbbbbbb") == true)
            let fault = await #expect(throws: Fault.self) {
                try await site.backend().up(
                    version: "1.0.0", replicas: 1, owner: nil, database: Standing(),
                    clock: SteadyClock(interruption: "SIGINT"))
            }
            #expect(fault?.kind == .interrupted)
            #expect(site.carried.count == 1, "1.0.0 was started")
        }
    }

    @Test func `is waited for where the server has not noticed the end of an instance of ours`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let id = try #require(site.carried.first)
            try await backend.down(owner: nil, clock: SteadyClock())
            let database = Standing(sessions: [Session(pid: 7, instance: id)], looksUntilGone: 3)
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: nil, replicas: nil, owner: nil, database: database,
                    clock: LateClock(waits: 3))
            }
            #expect(fault?.kind == .interrupted)
            #expect(database.looks.load(ordering: .relaxed) >= 3)
            #expect(site.carried.count == 1)
        }
    }

    @Test func `is not decided while another name of the group runs`() async throws {
        try await LocalSite.with { site in
            try await site.backend().apply(.chat("1.0.0", 1))
            site.group.name = "team"
            let up = await #expect(throws: Fault.self) {
                try await site.backend().up(
                    version: "1.0.0", replicas: 1, owner: nil, database: Standing(), clock: SteadyClock())
            }
            let plan = await #expect(throws: Fault.self) {
                try await site.backend().findings(for: Plan(target: "2.0.0"))
            }
            #expect(up == plan)
            #expect(up?.what == "group.yaml calls this group team, and what was started here is called chat.")
            #expect(site.carried.count == 1)
            try await site.backend().down(owner: nil, clock: SteadyClock())
            #expect(try await site.backend().findings(for: Plan(target: "2.0.0")).isEmpty)
        }
    }

    @Test func `is not decided while a companion runs that the file has lost`() async throws {
        try await LocalSite.with { site in
            site.group.companions = [.init(name: "pool", ports: PortList(LocalSite.freePorts(2)))]
            let pool = Change.Desired(
                workload: "pool", settings: Settings(image: "1.0.0", replicas: 1),
                naming: Generation(run: "r1", number: 1))
            try await site.backend().apply(Change(workloads: Change.chat("1.0.0", 1).workloads + [pool]))
            site.group.companions = []
            let findings = try await site.backend().findings(for: Plan(target: "2.0.0"))
            #expect(
                findings.filter(\.refuses).map { $0.fault.what.hasPrefix("pool belongs to this deployment") } == [true])
            #expect(findings.first?.fault.remedy.contains("`companions` of group.yaml") == true)
            try await site.backend().down(owner: nil, clock: SteadyClock())
            #expect(try await site.backend().findings(for: Plan(target: "2.0.0")).filter(\.refuses).isEmpty)
        }
    }
}

/// The time of this machine, with a signal that comes after so many waits.
final class LateClock: Clock {
    private let waits: Atomic<Int>

    init(waits: Int) { self.waits = Atomic(waits) }

    var now: Moment { SteadyClock().now }
    var interruption: String? { waits.load(ordering: .relaxed) > 0 ? nil : "SIGINT" }

    func wait(until moment: Moment) async {
        waits.subtract(1, ordering: .relaxed)
        await SteadyClock().wait(until: moment)
    }
}

/// A database that only stands there.
final class Standing: Database, StartingPlace {
    let revision: String?
    let sessions: [Session]
    let fault: Fault?
    let looksUntilGone: Int
    let looks = Atomic(0)

    init(
        revision: String? = "bbbbbbbbbbbb", sessions: [Session] = [], fault: Fault? = nil, looksUntilGone: Int = .max
    ) {
        self.revision = revision
        self.sessions = sessions
        self.fault = fault
        self.looksUntilGone = looksUntilGone
    }

    func look() async throws(Fault) -> DatabaseState {
        if let fault { throw fault }
        let looks = looks.wrappingAdd(1, ordering: .relaxed).newValue
        return DatabaseState(
            revisions: revision.map { [SchemaRevision(schema: "public", rows: [$0])] } ?? [],
            sessions: looks < looksUntilGone ? sessions : [])
    }

    func hasUsers() async throws(Fault) -> Bool { false }
    func check(pending: [String], from source: String, to target: String) async throws(Fault) -> [Finding] {
        throw Self.unasked
    }
    func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord { throw Self.unasked }
    func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) { throw Self.unasked }
    func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) { throw Self.unasked }

    private static let unasked = Fault(.bug, "Nobody asked for that.", remedy: "look at the caller")
}
