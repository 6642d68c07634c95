import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `The contract of a release` {
    @Test(arguments: [
        ("0.5.20", "{\"version\":\"0.5.20\"}", false),
        ("0.6.43", "{\"version\":\"0.6.43\",\"deployment_id\":\"\"}", false),
        ("0.8.12", "{\"version\":\"0.8.12\",\"deployment_id\":\"\"}", true),
        ("0.12.4", "{\"version\":\"0.12.4\",\"deployment_id\":\"\"}", true),
    ])
    func `holds for its endpoints and its end`(version: String, shown: String, hasReady: Bool) throws {
        let site = try Site()
        let instance = try site.start(version)
        let web = Web(port: try instance.port())
        let fine = Web.Answer(status: 200, type: "application/json", body: "{\"status\":true}")
        #expect(web.ask("/health") == fine)
        #expect(web.ask("/health/db") == fine)
        #expect((web.ask("/ready") == fine) == hasReady)
        #expect((web.ask("/ready")?.type.hasPrefix("text/html") == true) != hasReady)
        #expect(web.ask("/api/version")?.body == shown)
        #expect(web.ask("/api/config")?.body.contains("\"status\":true") == true)
        #expect(web.ask("/api/config")?.body.contains("onboarding") == false)
        #expect(web.ask("/nonexist")?.status == 200)
        #expect(web.ask("/nonexist")?.type.hasPrefix("text/html") == true)
        #expect(web.ask("/api/v1/chats/")?.body == "{\"detail\":\"Not authenticated\"}")
        #expect(try site.database.revision == site.head(version))
        #expect(try instance.stop() == 143)
    }

    @Test(arguments: ["0.6.43", "0.8.12", "0.12.4"])
    func `holds for everything that wants a token`(version: String) throws {
        let instance = try Site().start(version)
        let web = Web(port: try instance.port()).signedIn()
        for path in ["chats/", "prompts/", "notes/", "knowledge/", "tools/", "users/", "groups/", "auths/"] {
            let answer = web.ask("/api/v1/\(path)")
            #expect(answer?.status == 200, "\(path): \(answer?.body ?? "nothing")")
        }
        #expect(web.ask("/api/v1/configs/export")?.body.contains("enable_signup") == true)
        #expect(web.ask("/api/v1/knowledge/")?.body.contains("Manual") == true)
        let chat =
            "{\"chat\":{\"title\":\"New\",\"history\":{\"messages\":{\"m\":{\"role\":\"user\",\"content\":\"x\"}}}}}"
        #expect(web.ask("/api/v1/chats/new", "POST", body: chat)?.status == 200)
        #expect(web.ask("/api/v1/chats/")?.body.contains("New") == true)
        let prompt = "{\"command\":\"c\",\"title\":\"t\",\"name\":\"n\",\"content\":\"x\"}"
        #expect(web.ask("/api/v1/prompts/create", "POST", body: prompt)?.status == 200)
        #expect(
            Web(port: web.port, token: "foreign").ask("/api/v1/chats/")?.body == "{\"detail\":\"401 Unauthorized\"}")
    }

    @Test func `lets a token live on with the same key and not with another`() throws {
        let site = try Site()
        let old = try site.start("0.6.43")
        let token = Web(port: try old.port()).signedIn().token
        _ = try old.stop()
        let same = try site.start("0.12.4")
        #expect(Web(port: try same.port(), token: token).status("/api/v1/chats/") == 200)
        let other = try site.start("0.12.4", ["WEBUI_SECRET_KEY": "another"])
        #expect(Web(port: try other.port(), token: token).status("/api/v1/chats/") == 401)
        #expect(Web(port: try other.port(), token: token).status("/api/config") == 200)
    }

    @Test func `shows onboarding while there are no users`() throws {
        let instance = try Site().start("0.12.4", ["STAND_IN_SEED": "none"])
        #expect(Web(port: try instance.port()).ask("/api/config")?.body.contains("\"onboarding\":true") == true)
    }

    @Test(arguments: [("0.9.5", true), ("0.9.6", false), ("0.12.4", false)])
    func `wants a secret key from 0.9.6`(version: String, starts: Bool) throws {
        let instance = try Site().start(version, ["WEBUI_SECRET_KEY": ""])
        guard !starts else { return #expect(try instance.port() > 0) }
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("WEBUI_SECRET_KEY is not set. It is a hard requirement"))
    }

    @Test(arguments: ["0.6.43", "0.12.4"]) func `ends at once when its database is missing`(version: String) throws {
        let site = try Site()
        let instance = try site.start(version, ["DATABASE_URL": site.database.url + "_none"])
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("does not exist"))
        let words = version == "0.6.43" ? "Failed to initialize the database connection" : "Error running migrations"
        #expect(instance.log.contains(words))
    }

    @Test(arguments: [
        ("0.6.43", "postgres", true), ("0.6.43", "postgresql+psycopg2", false), ("0.12.4", "postgresql+asyncpg", true),
        ("0.12.4", "mysql", false),
    ])
    func `reads the URLs that the release reads`(version: String, scheme: String, reads: Bool) throws {
        let site = try Site()
        let rest = site.database.url.drop { $0 != ":" }
        let instance = try site.start(version, ["DATABASE_URL": scheme + rest])
        guard !reads else { return #expect(try instance.port() > 0) }
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("Unrecognized or unsupported scheme"))
    }

    @Test func `tells which port is taken, after the migration`() throws {
        let site = try Site()
        let first = try site.start("0.12.4")
        let second = try site.start("0.12.4", port: try first.port())
        #expect(try second.end() == 1)
        #expect(second.log.contains("address already in use"))
        #expect(second.log.contains("Running migrations"))
    }
}
