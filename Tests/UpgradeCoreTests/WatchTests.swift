import Testing

@testable import UpgradeCore

/// One wait, told look by look: a run that has come to a stage, what its platform shows and a clock.
struct Vigil {
    let upgrade: Upgrade
    var deployment: Deployment
    var database: DatabaseState
    private var watch: Watch
    private(set) var now = Moment(milliseconds: 0)

    /// The deployment is as the run asked for, each instance as given.
    init(at stage: Stage, instances: [Instance]? = nil, target: ImageFacts = Sample.target) throws {
        try self.init(Story(at: stage, target: target).upgrade, instances: instances)
    }

    init(_ upgrade: Upgrade, instances: [Instance]? = nil) throws {
        self.upgrade = upgrade
        let goal = try #require(upgrade.stage?.goal)
        watch = Watch(goal, since: now)
        let isMoved = [Goal.healthy, .fleetServing, .allServing, .verified].contains(goal)
        database = Sample.database(isMoved ? upgrade.target?.head ?? "" : Sample.sourceHead)
        var web = Sample.main()
        if let desired = upgrade.lastChange?["web"] {
            web.settings = desired.settings
            web.instances =
                instances
                ?? (0..<desired.settings.replicas).map {
                    Instance(id: "new-\($0)", image: desired.settings.image, generation: desired.naming)
                }
        }
        deployment = Deployment(workloads: [web])
    }

    /// Looks at what is there, so many seconds later.
    mutating func look(after seconds: Int = 0) -> Event? {
        now = now.advanced(milliseconds: Int64(seconds) * 1000)
        let seen = Observation(deployment: .success(deployment), database: .success(database))
        return watch.judge(seen, of: upgrade, at: now)
    }

    mutating func lookWithoutDatabase(after seconds: Int = 0) -> Event? {
        now = now.advanced(milliseconds: Int64(seconds) * 1000)
        let fault = Fault(.unavailable, "It is away.", why: "refused", remedy: "wait")
        return watch.judge(
            Observation(deployment: .success(deployment), database: .failure(fault)), of: upgrade, at: now)
    }

    mutating func lookWithoutPlatform(after seconds: Int = 0) -> Event? {
        now = now.advanced(milliseconds: Int64(seconds) * 1000)
        let fault = Fault(.unavailable, "It is away.", why: "refused", remedy: "wait")
        return watch.judge(
            Observation(deployment: .failure(fault), database: .success(database)), of: upgrade, at: now)
    }

    mutating func verdict(after seconds: Int = 0) -> Verdict? {
        if case .judged(_, let verdict) = look(after: seconds) { verdict } else { nil }
    }

    /// Every instance answers so.
    mutating func answer(_ answer: Instance.Answer) {
        for index in deployment.workloads[0].instances.indices {
            deployment.workloads[0].instances[index].answer = answer
        }
    }

    mutating func end(_ index: Int) { deployment.workloads[0].instances[index].state = .ended(exit: "exit 1") }
}

extension Verdict {
    var isInterfered: Bool { if case .interfered = self { true } else { false } }
    var isCrashed: Bool { if case .crashed = self { true } else { false } }

    /// Whether it is missed and the migration may still run; nil for another verdict.
    var missedWhileMigrating: Bool? { if case .missed(_, _, let migrating) = self { migrating } else { nil } }
}

@Suite struct `Waiting` {
    @Test func `for one instance is over when no other has any process left`() throws {
        var vigil = try Vigil(at: .awaitOneLeft, instances: Sample.main().instances)
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances[1].state = .stopping
        vigil.end(2)
        #expect(vigil.look() == nil)
        vigil.end(1)
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for no instance lasts until their sessions are gone too`() throws {
        var vigil = try Vigil(at: .awaitNoneLeft)
        vigil.database.sessions = [Session(pid: 1)]
        #expect(vigil.look() == nil)
        vigil.database.sessions = []
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for no instance lasts until one that was taken back before it started is gone`() throws {
        var taken = Sample.main().instances[0]
        taken.state = .withdrawn
        var vigil = try Vigil(at: .awaitNoneLeft, instances: [taken])
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances = []
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for quiet is over when no automation is active`() throws {
        var vigil = try Vigil(at: .awaitQuiet)
        vigil.deployment.automation = [Sample.autoscaler]
        #expect(vigil.look() == nil)
        vigil.deployment.automation[0].isActive = false
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for quiet before going back minds no change that was made since`() throws {
        var story = try Story()
        try story.goToTheEnd()
        try story.decide(.rollback(restore: true))
        try story.go(to: .awaitQuietAgain)
        var vigil = try Vigil(story.upgrade)
        vigil.deployment.workloads[0].settings.replicas = 9
        vigil.database = Sample.database(Sample.targetHead)
        vigil.deployment.automation = [Sample.autoscaler]
        #expect(vigil.look() == nil)
        vigil.deployment.automation[0].isActive = false
        #expect(vigil.verdict() == .reached)
    }

    @Test(arguments: [Stage.awaitAutomation, .awaitAutomationBack])
    func `for automation is over when what was paused is active again`(stage: Stage) throws {
        var story = try Story(at: stage == .awaitAutomation ? stage : .awaitMigrated)
        if stage == .awaitAutomationBack {
            try story.goWrong(revision: Sample.sourceHead)
            try story.go(to: stage)
        }
        var vigil = try Vigil(story.upgrade)
        #expect(vigil.look() == nil)
        vigil.deployment.automation = [Sample.autoscaler]
        vigil.deployment.automation[0].isActive = false
        #expect(vigil.look() == nil)
        #expect(vigil.look(after: 179) == nil)
        vigil.deployment.automation[0].isActive = true
        vigil.deployment.workloads[0].settings.replicas = 2
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for the head needs the head and no open migration`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        #expect(vigil.look() == nil)
        vigil.database = Sample.database(Sample.targetHead, sessions: [Session(pid: 1, hasWritten: true)])
        #expect(vigil.look() == nil)
        vigil.database.sessions = []
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for the head does not take two rows for one`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.database.revisions[0].rows = [Sample.sourceHead, Sample.targetHead]
        #expect(vigil.look() == nil)
        vigil.database.revisions = ["public", "app"].map { SchemaRevision(schema: $0, rows: [Sample.targetHead]) }
        #expect(vigil.look() == nil)
    }

    @Test func `for health needs health, version and revision`() throws {
        var vigil = try Vigil(at: .awaitHealthy)
        vigil.answer(.unwell(reason: "not ready"))
        #expect(vigil.look() == nil)
        vigil.answer(.serving(version: "0.12.4"))
        vigil.database = Sample.database()
        #expect(vigil.look() == nil)
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict() == .reached)
    }

    static let fleets: [Stage] = [.awaitFleet, .awaitReplaced, .verify]

    @Test(arguments: fleets) func `for the fleet needs every instance, well, and none too many`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        #expect(vigil.look() == nil)
        vigil.answer(.serving(version: "0.12.4"))
        let whole = vigil.deployment.workloads[0].instances
        vigil.deployment.workloads[0].instances[1].answer = .unwell(reason: "no")
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances = Array(whole.dropLast())
        #expect(vigil.look() == nil)
        var extra = whole[0]
        extra.id = "extra"
        vigil.deployment.workloads[0].instances = whole + [extra]
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances = whole
        #expect(vigil.verdict() == .reached)
    }

    @Test func `for the source needs every old instance, and what ended before is no news`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: .awaitSource)
        var vigil = try Vigil(story.upgrade)
        vigil.deployment.workloads[0].instances.append(
            Instance(id: "old", image: "0.6.43", state: .ended(exit: "signal 15")))
        vigil.deployment.workloads[0].instances[0].state = .stopping
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances[0].state = .running
        vigil.answer(.serving(version: "0.6.43"))
        #expect(vigil.verdict() == .reached)
    }
}

@Suite struct `A deadline` {
    @Test func `passes where nothing moves, and leaves the migrator alone`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        #expect(vigil.look() == nil)
        #expect(vigil.look(after: 899) == nil)
        #expect(vigil.verdict(after: 1)?.missedWhileMigrating == true)
    }

    @Test(arguments: ["line", "session", "activity", "work"]) func `moves with progress`(kind: String) throws {
        var vigil = try Vigil(at: .awaitMigrated)
        let session = Session(pid: 1, hasWritten: kind == "work", isWorking: kind == "activity" || kind == "work")
        vigil.database.sessions = [session]
        #expect(vigil.look() == nil)
        for round in 0..<5 {
            switch kind {
            case "line": vigil.deployment.workloads[0].instances[0].migrationLog = "\(round)"
            case "session": vigil.database.sessions[0].mark = "\(round)"
            default: vigil.database.activity = kind == "activity" ? "\(round)" : ""
            }
            let isTold = kind == "line"
            #expect(vigil.look(after: 800) == (isTold ? .noticed(notice: .migration(line: "\(round)")) : nil))
        }
    }

    static let flaps: [(String, @Sendable (inout Vigil, Int) -> Void)] = [
        ("answer", { $0.answer($1 % 2 == 0 ? .unwell(reason: "\($1)") : .none) }),
        ("state", { $0.deployment.workloads[0].instances[0].state = $1 % 2 == 0 ? .running : .stopping }),
        ("session", { $0.database.sessions = [Session(pid: $1, mark: "\($1)")] }),
        ("instance", { $0.deployment.workloads[0].instances[0].id = "new-\($1)" }),
    ]

    @Test(arguments: flaps.map(\.0)) func `does not move with what only flaps`(kind: String) throws {
        let flap = try #require(Self.flaps.first { $0.0 == kind }).1
        var vigil = try Vigil(at: .awaitHealthy)
        var looks = 0
        var verdict: Verdict?
        while verdict == nil, looks < 100 {
            flap(&vigil, looks)
            verdict = vigil.verdict(after: 50)
            looks += 1
        }
        #expect(verdict?.missedWhileMigrating == false)
        #expect((13...15).contains(looks))
    }

    @Test func `does not move with sessions that come and go at zero instances`() throws {
        var vigil = try Vigil(at: .awaitNoneLeft)
        for pid in 0..<18 {
            vigil.database.sessions = [Session(pid: pid, isWorking: true, mark: "\(pid)")]
            vigil.database.activity = "\(pid)"
            #expect(vigil.look(after: pid == 0 ? 0 : 10) == nil)
        }
        vigil.database.sessions = [Session(pid: 18)]
        #expect(vigil.verdict(after: 10)?.missedWhileMigrating == false)
    }

    @Test func `moves at zero instances while a killed migrator's session works on`() throws {
        var vigil = try Vigil(at: .awaitNoneLeft)
        for round in 0..<9 {
            vigil.database.sessions = [Session(pid: 1, hasWritten: true, isWorking: true)]
            vigil.database.activity = "\(round)"
            #expect(vigil.look(after: 100) == nil)
        }
    }

    @Test func `does not move with a migration that repeats itself`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.database.sessions = [Session(pid: 1, isWorking: true)]
        var verdict: Verdict?
        for round in 0..<60 where verdict == nil {
            vigil.database.activity = "\(round % 3)"
            vigil.database.sessions[0].mark = "\(round % 2)"
            verdict = vigil.verdict(after: 50)
        }
        #expect(verdict?.missedWhileMigrating == true)
    }

    @Test func `does not count the time in which a side could not be asked, and begins no new one after it`() throws {
        var vigil = try Vigil(at: .awaitHealthy)
        #expect(vigil.look() == nil)
        for _ in 0..<5 {
            #expect(vigil.lookWithoutDatabase(after: 100) != nil)
            #expect(vigil.look(after: 60) == .noticed(notice: .databaseBack))
            #expect(vigil.lookWithoutPlatform() != nil)
            #expect(vigil.look(after: 60) == nil)
        }
        #expect(vigil.look(after: 99) == nil)
        #expect(vigil.verdict(after: 1)?.missedWhileMigrating == false)
    }

    @Test func `does not move with the work of others while the migrator does nothing`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.database.sessions = [Session(pid: 1, hasWritten: true)]
        #expect(vigil.look() == nil)
        vigil.database.activity = "0/2"
        #expect(vigil.verdict(after: 900)?.missedWhileMigrating == true)
    }

    @Test(arguments: [(Stage.awaitNoneLeft, 180), (.awaitHealthy, 600), (.awaitFleet, 600)])
    func `is that of its goal`(stage: Stage, seconds: Int) throws {
        var vigil = try Vigil(at: stage)
        vigil.database.sessions = [Session(pid: 1)]
        #expect(vigil.look() == nil)
        #expect(vigil.look(after: seconds - 1) == nil)
        #expect(vigil.verdict(after: 1)?.missedWhileMigrating == false)
    }

    @Test func `tells a lock that is waited for once, after two seconds`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.database.sessions = [Session(pid: 1, hasWritten: true, waitsFor: ["psql of ada"])]
        #expect(vigil.look() == nil)
        #expect(vigil.look(after: 1) == nil)
        #expect(vigil.look(after: 1) == .noticed(notice: .blocked(by: ["psql of ada"])))
        #expect(vigil.look(after: 5) == nil)
    }

    @Test func `tells each line of the migration once`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        for line in ["a -> b", "b -> c"] {
            vigil.deployment.workloads[0].instances[0].migrationLog = line
            #expect(vigil.look() == .noticed(notice: .migration(line: line)))
            #expect(vigil.look() == nil)
        }
    }

    @Test func `is patient with a database that restarts`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        for _ in 0..<2 {
            #expect(vigil.lookWithoutDatabase() == .noticed(notice: .databaseLost(why: "refused")))
            #expect(vigil.lookWithoutDatabase(after: 119) == nil)
            #expect(vigil.look() == .noticed(notice: .databaseBack))
            #expect(vigil.look() == nil)
        }
    }

    @Test func `ends with a database that stays away`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        _ = vigil.lookWithoutDatabase()
        guard case .judged(.migrated, .missed(_, nil, _)) = vigil.lookWithoutDatabase(after: 120) else {
            Issue.record("the database was waited for without end")
            return
        }
    }

    @Test func `ends with a platform that stays away, and tells each loss once`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        for _ in 0..<2 {
            #expect(vigil.lookWithoutPlatform() == .noticed(notice: .platformLost(why: "refused")))
            #expect(vigil.lookWithoutPlatform(after: 1) == nil)
            #expect(vigil.look() == nil)
        }
        _ = vigil.lookWithoutPlatform()
        guard case .judged(_, .missed(_, nil, true)) = vigil.lookWithoutPlatform(after: 120) else {
            Issue.record("the platform was waited for without end")
            return
        }
    }
}
