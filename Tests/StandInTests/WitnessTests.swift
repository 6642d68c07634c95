import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `The witness` {
    private func check(_ site: Site, _ action: String = "check") throws -> (code: Int32, text: String) {
        let command = try Instance(
            Instance.binary, ["witness", "-", action], ["STAND_IN_WITNESS": site.database.witnessURL])
        return (try command.end(), command.log)
    }

    @Test func `says nothing about the procedure done as it should be`() throws {
        let site = try Site()
        var group = [try site.start("0.6.43")]
        _ = try group[0].port()
        for _ in 0..<2 { group.append(try site.start("0.6.43")) }
        for instance in group { _ = try instance.port() }
        for instance in group { _ = try instance.stop() }
        group = [try site.start("0.12.4")]
        _ = try group[0].port()
        for _ in 0..<2 { group.append(try site.start("0.12.4", ["UVICORN_WORKERS": "2"])) }
        for instance in group { _ = try instance.port() }
        let result = try check(site)
        #expect(result.code == 0, "\(result.text)")
        let report = try check(site, "report").text
        #expect(report.contains("migrated from c440947495f3 to 0bd252b206fb."))
        #expect(report.contains("No two versions and no two migrators met"))
    }

    @Test func `finds an image that was changed at three replicas`() throws {
        let site = try Site()
        var group = [try site.start("0.6.43")]
        _ = try group[0].port()
        for _ in 0..<2 { group.append(try site.start("0.6.43")) }
        for instance in group { _ = try instance.port() }
        for index in group.indices {
            let fresh = try site.start("0.12.4", ["STAND_IN_INSTANCE": "replica \(index)"])
            _ = try fresh.port()
            _ = try group[index].stop()
            group[index] = fresh
        }
        let result = try check(site)
        #expect(result.code == 1)
        #expect(result.text.contains("V1: process 4 (0.12.4, alone of replica 0"))
        #expect(try site.database.account().violations.count == 6)
    }

    @Test func `finds two workers that migrate`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let gate = try Gate(site.database)
        let parent = try site.start("0.12.4", ["UVICORN_WORKERS": "2", "OPEN_WEBUI_STAND_IN_SERVE": "image"])
        try gate.open()
        _ = try parent.port()
        let result = try check(site)
        #expect(result.code == 1)
        #expect(result.text.contains("V2: "))
        #expect(!result.text.contains("V1: "))
    }

    /// The old one is killed as soon as the new one has been seen to live: as short as two lives can overlap.
    @Test(arguments: 0..<5) func `finds the shortest overlap that can be planted`(round: Int) throws {
        let site = try Site()
        let old = try site.start("0.6.43")
        _ = try old.port()
        let new = try site.start("0.12.4")
        try site.database.wait(until: "SELECT count(*) = 1 FROM meeting", in: site.database.witnessURL)
        #expect(try old.stop(SIGKILL) == 137)
        _ = try new.port()
        #expect(try site.database.account().violations.count == 1)
    }

    @Test(arguments: [SIGTERM, SIGKILL]) func `finds none when the old one ended first`(signal: Int32) throws {
        let site = try Site()
        let old = try site.start("0.6.43")
        _ = try old.port()
        _ = try old.stop(signal)
        let new = try site.start("0.12.4")
        _ = try new.port()
        #expect(try site.database.account().violations.isEmpty)
    }

    @Test func `finds a migrator that waits, though it never finishes`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let first = try site.start("0.12.4", ["STAND_IN_HANG_MIGRATION": "1"])
        try first.says("add chat message table")
        let second = try site.start("0.12.4", ["STAND_IN_EXIT_AT_ONCE": "1"])
        #expect(try second.end() == 1)
        #expect(try site.database.account().violations.count == 1)
    }

    @Test func `finds an old version that is started on the new schema`() throws {
        let site = try Site()
        try site.migrate("0.12.4")
        #expect(try site.start("0.6.43").end() == 1)
        let account = try site.database.account()
        #expect(account.violations == account.lives.suffix(1).map { .olderStarted($0) })
    }

    @Test func `keeps its account when the application's database is thrown away`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let instance = try site.start("0.12.4")
        let web = Web(port: try instance.port())
        let superuser = try Session([("dbname", site.database.witnessURL)])
        try superuser.run("DROP DATABASE \(site.database.name) WITH (FORCE)")
        try superuser.run("CREATE DATABASE \(site.database.name)")
        #expect(web.status("/health") == 200)
        let account = try site.database.account()
        #expect(account.lives.map(\.isAlive) == [false, true])
        #expect(account.marks.filter { $0.kind == "migrated" }.map(\.to) == ["c440947495f3", "0bd252b206fb"])
    }

    @Test func `that cannot be reached stops the process, loudly`() throws {
        let site = try Site()
        let instance = try site.start("0.12.4", ["STAND_IN_WITNESS": site.database.url + "_none"])
        #expect(try instance.end() == 70)
        #expect(instance.log.contains("the witness cannot be reached"))
    }
}
