import FoundationEssentials
import Testing

@testable import UpgradeCore

@Suite struct `An event` {
    static let inspection = Inspection(
        deployment: Sample.deployment([Sample.main(), Sample.companion]),
        database: Sample.database(sessions: [Session(pid: 1, instance: "web-0", waitsFor: ["psql"])]),
        findings: [Finding(refuses: false, fault: Sample.fault)])
    static let change = Change(workloads: [`The words of the core's faults`.desired])
    static let commands: [Command] = [
        .inspect, .readImages(source: "a", target: "b"), .readImages(source: "a", target: "b", others: ["c"]), .check,
        .pause, .apply(change: change), .backUp,
        .restore(backup: Sample.backup), .readRevision, .saveEvidence, .resumeAutomation(paused: [Sample.autoscaler]),
    ]
    static let replies: [Reply] = [
        .done, .inspected(inspection: inspection), .imagesRead(source: Sample.source, target: Sample.target),
        .imagesRead(source: Sample.source, target: Sample.target, others: [Sample.pinned]),
        .checked(findings: []), .paused(automation: [Sample.autoscaler]), .backedUp(backup: Sample.backup),
        .revision(revisions: inspection.database.revisions), .evidenceSaved(files: ["a"]),
        .failed(fault: Sample.fault),
    ]
    static let verdicts: [Verdict] = [
        .reached, .missed(fault: Sample.fault, revision: nil, migrating: true),
        .missed(fault: Sample.fault, revision: "a", migrating: false), .crashed(fault: Sample.fault, revision: "a"),
        .interfered(fault: Sample.fault),
    ]
    static let notices: [Notice] = [
        .blocked(by: ["psql"]), .migration(line: "a -> b"), .databaseLost(why: "x"), .databaseBack,
        .platformLost(why: "x"),
    ]
    static let backups: [Plan.Backup] = [
        .pgDump(folder: "/b"), .command(make: "m", restore: nil), .command(make: "m", restore: "r"),
        .command(make: "m", restore: "r", verify: "v"),
        .none(acknowledged: true),
    ]
    static let events: [Event] =
        backups.map { .started(run: "r1", plan: Plan(target: "0.12.4", backup: $0), tool: "0.1.0", by: "ada") }
        + commands.map { .began(command: $0) } + replies.map { .ended(reply: $0) }
        + Goal.allCases.map { .judged(goal: $0, verdict: .reached) }
        + verdicts.map { .judged(goal: .migrated, verdict: $0) } + notices.map { .noticed(notice: $0) }
        + Walk.decisions.map { .decided(decision: $0, by: "ada") }
        + [.interrupted(signal: "SIGTERM"), .continued(tool: "0.1.0", by: "bob")]

    @Test(arguments: events) func `is the same after it was written and read`(event: Event) throws {
        let data = try JSONEncoder().encode(event)
        #expect(try JSONDecoder().decode(Event.self, from: data) == event)
        #expect(!String(decoding: data, as: UTF8.self).contains("\"_0\""))
    }

    @Test func `may carry keys of a later release`() throws {
        let text = #"{"interrupted":{"signal":"SIGINT","later":{"a":1}}}"#
        #expect(try JSONDecoder().decode(Event.self, from: Data(text.utf8)) == .interrupted(signal: "SIGINT"))
    }

    @Test(arguments: [#"{"invented":{}}"#, #"{}"#, #"{"began":{"command":{"fly":{}}}}"#, "[]"])
    func `of an unknown kind is an error and no trap`(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Event.self, from: Data(text.utf8)) }
    }
}

@Suite struct `A plan of the first edition` {
    private var plan: Plan {
        get throws {
            let text = """
                {"backup":{"pgDump":{"folder":"/b"}},"deadlines":{"database":120,"healthy":600,"migration":900,"stop":180},\
                "restarts":1,"strategy":"scale-to-one","target":"0.12.4","trustsUnknownReleases":false}
                """
            return try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
        }
    }

    @Test func `is one that does not say its edition, and runs by its own rules to the end`() throws {
        #expect(try plan.edition == nil)
        var story = try Story(plan, workloads: [Sample.main(), Sample.companion(of: "0.6.43-cuda")])
        try story.goToTheEnd()
        try story.decide(.rollback(restore: true))
        try story.goToTheEnd()
        let later: [Stage] = [.awaitAutomation, .awaitQuietAgain, .awaitAutomationBack]
        #expect(!story.stages.contains(where: later.contains))
        #expect(story.outcome == .rolledBack(cause: nil))
        #expect(story.upgrade.others.isEmpty)
    }

    @Test func `of an edition that is not known yet is refused`() {
        let text = #"{"target":"1","edition":3}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Plan.self, from: Data(text.utf8)) }
    }
}

@Suite struct `A journal of release 0.1.0` {
    enum Kept: String, CaseIterable {
        case upgraded, held, rolledBack = "rolled-back", refused, givenUp = "given-up", restored, crashed
    }

    /// How each was made. Once checked in it is never made again: it must be readable for ever.
    private func story(of kept: Kept) throws -> Story {
        let workloads = [Sample.main(), Sample.companion]
        var story = try Story(workloads: workloads)
        switch kept {
        case .upgraded: break
        case .refused:
            try story.go(to: .check)
            try story.fail()
        case .held, .givenUp:
            try story.go(to: .awaitMigrated)
            try story.record(.noticed(notice: .blocked(by: ["psql of ada"])))
            try story.record(.interrupted(signal: "SIGTERM"))
            try story.record(.continued(tool: "0.1.0", by: "bob"))
            try story.judge(.missed(fault: Sample.fault, revision: Sample.sourceHead, migrating: true))
            if kept == .givenUp { try story.decide(.giveUp) }
        case .rolledBack:
            try story.go(to: .awaitMigrated)
            try story.goWrong(revision: Sample.sourceHead)
        case .restored:
            try story.goToTheEnd()
            try story.decide(.rollback(restore: true))
        case .crashed:
            try story.go(to: .awaitMigrated)
            try story.judge(.crashed(fault: Sample.fault, revision: Sample.sourceHead))
            try story.go(to: .awaitFleet)
            try story.judge(.interfered(fault: Sample.fault))
            try story.decide(.resume)
        }
        try story.goToTheEnd()
        return story
    }

    private func isExpected(_ position: Upgrade.Position, of kept: Kept) -> Bool {
        switch kept {
        case .upgraded, .crashed: position == .finished(.upgraded(changed: true))
        case .refused: position == .finished(.refused(faults: [Sample.fault]))
        case .held: position == .held(Hold(fault: Sample.fault, stage: .awaitMigrated, revisionMoved: true))
        case .givenUp: position == .finished(.givenUp)
        case .rolledBack: position == .finished(.rolledBack(cause: Sample.fault))
        case .restored: position == .finished(.rolledBack(cause: nil))
        }
    }

    @Test(arguments: Kept.allCases) func `replays to the end that it had`(kept: Kept) throws {
        let file = CheckedInFile("Journals/0.1.0-\(kept.rawValue).jsonl")
        if CheckedInFile.writes, !file.exists { try file.write(lines(story(of: kept).events)) }
        let lines = try file.read().split(separator: "\n")
        let events = try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        #expect(events.count > 5)
        let upgrade = try Upgrade(replaying: events)
        #expect(isExpected(upgrade.position, of: kept), "\(upgrade.position)")
    }

    private func lines(_ events: [Event]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try events.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }.joined()
    }
}
