import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `Trouble on demand` {
    private func site(at version: String = "0.6.43") throws -> Site {
        let site = try Site()
        try site.migrate(version)
        return site
    }

    @Test func `a slow migration is active in the server, with the revision unmoved`() throws {
        let site = try site()
        let instance = try site.start("0.12.4", ["STAND_IN_SLOW_MIGRATION": "0.12.4:600"])
        try site.database.wait(
            until: """
                SELECT count(*) = 1 FROM pg_stat_activity
                    WHERE datname = current_database() AND query = 'SELECT pg_sleep(600.0)'
                """)
        #expect(try site.database.revision == "c440947495f3")
        #expect(try instance.says("add chat message table").contains("374d2f66af06 -> 8452d01d26d7"))
        #expect(try instance.stop() == 143)
    }

    @Test(arguments: ["1", "b2c3d4e5f6a7"]) func `a failing migration changes nothing`(order: String) throws {
        let site = try site()
        let instance = try site.start("0.12.4", ["STAND_IN_FAIL_MIGRATION": order])
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("\(order == "1" ? "8452d01d26d7" : order) fails as ordered"))
        #expect(try site.database.revision == "c440947495f3")
    }

    @Test(arguments: [false, true])
    func `a swallowed failure opens the port on the old schema`(isOnce: Bool) throws {
        let site = try site()
        let order = isOnce ? "0.12.4:once:\(site.folder)/swallowed" : "1"
        let instance = try site.start("0.12.4", ["STAND_IN_SWALLOW": order])
        #expect(Web(port: try instance.port()).status("/ready") == 200)
        #expect(instance.log.contains("Error running migrations"))
        #expect(try site.database.revision == "c440947495f3")
    }

    @Test func `a migration up to 0.11.2 swallows its failure by itself`() throws {
        let site = try site()
        let instance = try site.start("0.8.12", ["STAND_IN_FAIL_MIGRATION": "1"])
        #expect(Web(port: try instance.port()).status("/health") == 200)
        #expect(try site.database.revision == "c440947495f3")
    }

    @Test func `a hanging migration is idle in its transaction`() throws {
        let site = try site()
        let instance = try site.start("0.12.4", ["STAND_IN_HANG_MIGRATION": "1"])
        try site.database.wait(
            until: """
                SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND backend_xid IS NOT NULL
                    AND datname = current_database()
                """)
        #expect(try instance.stop() == 143)
    }

    @Test(arguments: [
        ("STAND_IN_CRASH_BEFORE_COMMIT", "c440947495f3"), ("STAND_IN_CRASH_AFTER_COMMIT", "0bd252b206fb"),
    ])
    func `a crash beside the commit happens once`(name: String, revision: String) throws {
        let site = try site()
        let order = [name: "0.12.4:once:\(site.folder)/crashed"]
        #expect(try site.start("0.12.4", order).end() == 137)
        try site.database.waitUntilLeft()
        #expect(try site.database.revision == revision)
        let again = try site.start("0.12.4", order)
        #expect(try again.port() > 0)
        #expect(try site.database.revision == "0bd252b206fb")
    }

    @Test func `a slow start keeps the port shut after the migration`() throws {
        let site = try site()
        let instance = try site.start("0.12.4", ["STAND_IN_SLOW_START": "600"])
        try instance.says("Waiting for application startup.")
        #expect(try site.database.revision == "0bd252b206fb")
        #expect(try !site.database.account().marks.contains { $0.life == 2 && $0.kind == "opened" })
        #expect(try instance.stop() == 143)
    }

    @Test func `a slow stop shuts the port and lives on`() throws {
        let site = try Site()
        let instance = try site.start("0.12.4", ["STAND_IN_SLOW_STOP": "600"])
        let web = Web(port: try instance.port())
        instance.signal(SIGTERM)
        try instance.says("Shutting down")
        #expect(web.ask("/health") == nil)
        #expect(try site.database.account().lives.last?.isAlive == true)
        #expect(try instance.stop(SIGKILL) == 137)
    }

    @Test func `an ignored SIGTERM changes nothing`() throws {
        let instance = try Site().start("0.12.4", ["STAND_IN_IGNORE_TERM": "1"])
        let web = Web(port: try instance.port())
        instance.signal(SIGTERM)
        #expect(web.status("/health") == 200)
        #expect(try instance.stop(SIGKILL) == 137)
    }

    @Test(arguments: [("0.12.4", "1", 200, 503), ("0.12.4", "health", 503, 200), ("0.6.43", "1", 503, 200)])
    func `never being ready is said by the newest endpoint`(
        version: String, order: String, health: Int, ready: Int
    ) throws {
        let instance = try Site().start(version, ["STAND_IN_NEVER_READY": order])
        let web = Web(port: try instance.port())
        #expect(web.status("/health") == health)
        #expect(web.status("/ready") == ready)
    }

    @Test func `an exit at once has the code that was asked for, and touches nothing`() throws {
        let site = try Site()
        #expect(try site.start("0.12.4", ["STAND_IN_EXIT_AT_ONCE": "0.6.43:7;0.12.4:9"]).end() == 9)
        #expect(try site.database.value("SELECT to_regclass('alembic_version')") == nil)
        #expect(try site.database.account().lives.count == 1)
    }

    @Test func `a wrong version is shown, by the version that it is bound to alone`() throws {
        let site = try Site()
        let order = ["STAND_IN_WRONG_VERSION": "0.12.4:0.12.3"]
        let old = try site.start("0.6.43", order)
        #expect(Web(port: try old.port()).ask("/api/version")?.body.contains("0.6.43") == true)
        let new = try site.start("0.12.4", order)
        #expect(Web(port: try new.port()).ask("/api/version")?.body.contains("0.12.3") == true)
    }
}
