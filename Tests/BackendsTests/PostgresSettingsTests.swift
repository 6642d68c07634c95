import Testing
import UpgradeCore
import Wire

@testable import Backends

@Suite(.tags(.postgres)) struct `The settings of a database, before an upgrade` {
    private static let revision =
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one');"

    private func findings(
        _ site: PostgresSite, schema: String? = nil, as user: String? = nil, to target: String = "0.12.4"
    ) async throws -> [Finding] {
        try await site.database(schema: schema, as: user).check(pending: [], from: "0.6.43", to: target)
    }

    @Test(arguments: [
        ("", "does not exist"), ("CREATE SCHEMA owui", "is empty"),
        ("CREATE SCHEMA owui; CREATE TABLE owui.chat (id INT)", "no alembic_version"),
    ])
    func `refuse a DATABASE_SCHEMA that 0.12 would honour and that does not hold the tables`(
        _ schema: String, why: String
    ) async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision + schema)
            let finding = try #require(try await findings(site, schema: "owui").first)
            #expect(finding.refuses)
            #expect(finding.fault.what.contains("schema owui, and they are in public"))
            #expect(finding.fault.why.contains(why))
            #expect(finding.fault.remedy.contains("remove DATABASE_SCHEMA"))
            #expect(try await findings(site, schema: "owui", to: "main").count == 1)
            // What the remedy makes of it, and a release that does not look at the setting.
            #expect(try await findings(site).isEmpty)
            #expect(try await findings(site, schema: "owui", to: "0.11.4").isEmpty)
        }
    }

    @Test func `agree with a DATABASE_SCHEMA that holds the tables`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE SCHEMA \"my team\"; SET search_path TO \"my team\";" + Self.revision)
            #expect(try await findings(site, schema: "my team").isEmpty)
        }
    }

    @Test func `refuse tables that the role's search path does not lead to`() async throws {
        try await PostgresSite.with { site in
            let role = "settled_\(UInt64.random(in: 0...UInt64.max))"
            try await site.run(
                "CREATE ROLE \(role) LOGIN PASSWORD '\(role)'; CREATE SCHEMA team; CREATE SCHEMA other;" + Self.revision
                    + "GRANT USAGE ON SCHEMA team, other TO \(role); ALTER ROLE \(role) SET search_path TO other")
            let finding = try #require(try await findings(site, as: role).first)
            #expect(finding.refuses)
            #expect(finding.fault.what.contains("schema public"))
            #expect(
                try await findings(site, schema: "team", as: role).first?.fault.remedy.contains("to public") == true)
            #expect(try await findings(site, schema: "team", as: role, to: "0.11.4").map(\.refuses) == [true])
            let remedy = finding.fault.remedy.split(separator: "`").dropFirst().first.map(String.init) ?? ""
            try await site.run("SET ROLE \(role); \(remedy); RESET ROLE")
            #expect(try await findings(site, as: role).isEmpty)
            try await site.run("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func `leave it to the preflight where there is no place of the tables, or more than one`() async throws {
        try await PostgresSite.with { site in
            #expect(try await findings(site, schema: "owui").isEmpty)
            try await site.run(Self.revision + "CREATE SCHEMA owui; SET search_path TO owui;" + Self.revision)
            #expect(try await findings(site, schema: "owui").isEmpty)
        }
    }

    @Test func `say what either version refuses or overlooks, once`() async throws {
        try await PostgresSite.with { site in
            let form = DatabaseForm(source: .address, scheme: "postgresql+asyncpg", hasSchema: true)
            let database = site.database(form: form)
            let old = try await database.check(pending: [], from: "0.6.43", to: "0.9.5")
            #expect(old.map(\.refuses) == [true, false])
            #expect(old.first?.fault.why.contains("0.6.43 runs now") == true)
            #expect(old.first?.fault.remedy.contains("postgresql://") == true)
            #expect(try await database.check(pending: [], from: "0.9.6", to: "0.9.5").map(\.refuses) == [false, true])
            #expect(try await database.check(pending: [], from: "0.12.0", to: "0.12.4").isEmpty)
            #expect(try await database.check(pending: [], from: "main", to: "main").isEmpty)
        }
    }
}
