import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `Two that start together` {
    @Test(arguments: ["0.6.43", "0.8.12", "0.9.6", "0.11.4", "0.12.0"])
    func `end with one migration and one failure`(version: String) throws {
        let site = try Site()
        try site.migrate(version)
        let gate = try Gate(site.database)
        let options = ["PGOPTIONS": "-c deadlock_timeout=50ms", "STAND_IN_WITNESS": ""]
        let two = [try site.start("0.12.4", options), try site.start("0.12.4", options)]
        try gate.open()
        try site.database.wait(until: "SELECT version_num = '0bd252b206fb' FROM alembic_version")
        let (winner, loser) = try parted(two)
        #expect(try loser.end() == 1)
        #expect(loser.log.contains("Error running migrations"))
        #expect(Web(port: try winner.port()).status("/ready") == 200)
        #expect(try winner.stop() == 143)
        #expect(try site.database.value("SELECT count(*) FROM chat_message") == "12")
        let again = try site.start("0.12.4")
        #expect(try again.port() > 0)
    }

    /// Which of the two lost is only known when one of them has said so.
    private func parted(_ two: [Instance]) throws -> (winner: Instance, loser: Instance) {
        for (index, instance) in two.enumerated() {
            do { _ = try instance.port() } catch is Instance.Unexpected { return (two[1 - index], instance) }
        }
        throw Instance.Unexpected(description: "both came up")
    }

    @Test func `on an empty database end with one failure too`() throws {
        let site = try Site()
        let gate = try Gate(
            site.database, closedBy: "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        let two = [try site.start("0.12.4"), try site.start("0.12.4")]
        try gate.open()
        let (winner, loser) = try parted(two)
        #expect(try loser.end() == 1)
        #expect(loser.log.contains("UniqueViolation"))
        #expect(try winner.stop() == 143)
        #expect(try site.database.account().violations.count >= 1)
    }
}

@Suite(.tags(.postgres)) struct `Old code on a new schema` {
    @Test func `answers health checks and lies about the rest`() throws {
        let site = try Site()
        let old = try site.start("0.6.43")
        let web = Web(port: try old.port()).signedIn()
        try site.migrate("0.12.4")
        for path in ["/health", "/health/db", "/api/config", "/api/v1/chats/", "/api/v1/users/", "/api/v1/groups/"] {
            #expect(web.status(path) == 200, "\(path)")
        }
        for path in ["prompts/", "notes/", "tools/", "configs/export"] {
            #expect(web.ask("/api/v1/\(path)")?.body == "Internal Server Error", "\(path)")
        }
        #expect(web.ask("/api/v1/knowledge/")?.body == "{\"items\":[],\"total\":0}")
        let prompt = web.ask("/api/v1/prompts/create", "POST", body: "{\"command\":\"c\",\"content\":\"x\"}")
        #expect(prompt?.body == "{\"detail\":\"Something went wrong :/\"}")
        let chat = "{\"chat\":{\"title\":\"x\",\"history\":{\"messages\":{\"m\":{}}}}}"
        #expect(web.ask("/api/v1/chats/new", "POST", body: chat)?.status == 200)
        #expect(try site.database.value("SELECT count(*) FROM chat_message") == "12")
        #expect(try old.stop() == 143)
        #expect(old.log.contains("UndefinedColumn: column prompt.title does not exist"))
    }

    @Test(arguments: [("0.12.4", 1, "config.id"), ("0.8.12", 3, "tool.access_control")])
    func `does not start`(newer: String, code: Int32, column: String) throws {
        let site = try Site()
        try site.migrate(newer)
        let old = try site.start("0.6.43")
        #expect(try old.end() == code)
        #expect(old.log.contains("Can't locate revision identified by '\(try site.head(newer))'"))
        #expect(old.log.contains("UndefinedColumn: column \(column) does not exist"))
    }

    @Test(arguments: [("0.6.43", true), ("0.11.2", true), ("0.11.3", false), ("0.12.4", false)])
    func `starts on an unknown revision of a schema that fits, up to 0.11.2`(version: String, starts: Bool) throws {
        let site = try Site()
        try site.migrate(version)
        try site.database.session().run("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        let instance = try site.start(version)
        guard !starts else { return #expect(Web(port: try instance.port()).status("/health") == 200) }
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("Can't locate revision identified by 'ffffffffffff'"))
    }

    @Test(arguments: [
        ("0.6.43", "column config.key does not exist"), ("0.11.4", "column function.version_id does not exist"),
    ])
    func `the other way round ends with 3 when migrations are off`(older: String, text: String) throws {
        let site = try Site()
        try site.migrate(older)
        let instance = try site.start("0.12.4", ["ENABLE_DB_MIGRATIONS": "false"])
        #expect(try instance.end() == 3)
        #expect(instance.log.contains(text))
        #expect(!instance.log.contains("Running migrations"))
    }

    @Test(arguments: ["False", "0", "yes"])
    func `is all right for 0.12.4 on the schema of 0.12.0 with migrations off`(off: String) throws {
        let site = try Site()
        try site.migrate("0.12.0")
        let instance = try site.start("0.12.4", ["ENABLE_DB_MIGRATIONS": off])
        #expect(Web(port: try instance.port()).status("/ready") == 200)
        #expect(try site.database.revision == "b8f2c6d91a04")
    }
}
