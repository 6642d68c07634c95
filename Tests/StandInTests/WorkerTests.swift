import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `Workers` {
    @Test func `of the image migrate each for itself; the losers are replaced`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let gate = try Gate(site.database)
        let parent = try site.start(
            "0.12.4",
            ["UVICORN_WORKERS": "2", "OPEN_WEBUI_STAND_IN_SERVE": "image", "PGOPTIONS": "-c deadlock_timeout=50ms"])
        try gate.open()
        try parent.says("Application startup complete.", times: 2)
        #expect(Web(port: try parent.port()).status("/ready") == 200)
        let account = try site.database.account()
        #expect(account.marks.filter { $0.kind == "migrated" && $0.to == "0bd252b206fb" }.count == 1)
        #expect(account.lives.contains { $0.role == .parent && $0.knowsRevision == nil })
        #expect(account.violations.contains { if case .migratorsMet = $0 { true } else { false } })
        #expect(try parent.stop() == 0)
    }

    @Test func `of a pip installation start after their parent has migrated alone`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let parent = try site.start("0.12.4", arguments: ["--workers", "3"])
        try parent.says("Application startup complete.", times: 3)
        let account = try site.database.account()
        #expect(account.violations.isEmpty)
        #expect(account.lives.filter { $0.role == .worker && $0.isAlive }.count == 3)
        #expect(account.lives.filter { $0.role == .importingParent }.count == 1)
        #expect(try parent.stop() == 0)
        try site.database.waitUntilLeft(at: site.database.witnessURL)
        #expect(try site.database.account().lives.allSatisfy { !$0.isAlive })
    }

    @Test func `end when their parent is killed`() throws {
        let site = try Site()
        let parent = try site.start("0.12.4", ["UVICORN_WORKERS": "2"])
        try parent.says("Application startup complete.", times: 2)
        #expect(try parent.stop(SIGKILL) == 137)
        try site.database.waitUntilLeft(at: site.database.witnessURL)
    }

    @Test func `are replaced when they die`() throws {
        let site = try Site()
        let parent = try site.start("0.12.4", ["UVICORN_WORKERS": "2"])
        try parent.says("Application startup complete.", times: 2)
        let worker = try #require(try site.database.account().lives.last { $0.role == .worker })
        kill(pid_t(worker.pid), SIGKILL)
        try parent.says("Application startup complete.", times: 3)
        #expect(parent.log.contains("Child process [\(worker.pid)] died"))
        #expect(try parent.stop() == 0)
    }
}
