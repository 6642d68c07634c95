import Testing
import UpgradeCore

@testable import Wire

@Suite struct `The configuration of a database` {
    struct Form: Sendable, CustomTestStringConvertible {
        let address: String
        let plain: [String: String]
        var password: String?
        var testDescription: String { address }

        init(_ address: String, _ plain: [String: String], password: String? = nil) {
            self.address = address
            self.plain = plain
            self.password = password
        }
    }

    static let whole = ["user": "u", "host": "h", "port": "5433", "dbname": "d"]
    static let here = ["host": "h", "dbname": "d"]

    static let forms = [
        Form("postgresql://u:p@h:5433/d", whole, password: "p"),
        Form("postgres://u:p@h:5433/d", whole, password: "p"),
        Form("postgresql+psycopg2://u:p@h:5433/d", whole, password: "p"),
        Form("postgresql+psycopg://u:p@h:5433/d", whole, password: "p"),
        Form("postgresql+asyncpg://u:p@h:5433/d", whole, password: "p"),
        Form("postgresql://h/d", here),
        Form("postgresql://u@h/d", here.merging(["user": "u"]) { $1 }),
        Form("postgresql://u:@h/d", here.merging(["user": "u"]) { $1 }),
        Form("postgresql://", [:]),
        Form("postgresql:///d", ["dbname": "d"]),
        Form("postgresql://h", ["host": "h"]),
        Form("postgresql://h/", ["host": "h"]),
        Form("postgresql://%75%40x:p%40%2F%3A%25@h/d", here.merging(["user": "u@x"]) { $1 }, password: "p@/:%"),
        Form("postgresql://u:a/b?c#d@h/d", here.merging(["user": "u"]) { $1 }, password: "a/b?c#d"),
        Form("postgresql://u:a:b@h/d", here.merging(["user": "u"]) { $1 }, password: "a:b"),
        Form("postgresql://u:100%@h/d", here.merging(["user": "u"]) { $1 }, password: "100%"),
        Form("postgresql://u:a+b@h/d", here.merging(["user": "u"]) { $1 }, password: "a+b"),
        Form("postgresql://u:%C3%A4@h/d", here.merging(["user": "u"]) { $1 }, password: "ä"),
        Form("postgresql://[::1]:5433/d", ["host": "::1", "port": "5433", "dbname": "d"]),
        Form("postgresql://u:p@[fe80::1]/d", ["host": "fe80::1", "user": "u", "dbname": "d"], password: "p"),
        Form("postgresql://h/my%20d", ["host": "h", "dbname": "my%20d"]),
        Form("postgresql:///d?host=/run/postgresql", ["dbname": "d", "host": "/run/postgresql"]),
        Form("postgresql://x/d?host=a:1&host=b", ["dbname": "d", "host": "a,b", "port": "1,5432"]),
        Form("postgresql:///d?host=a,b&port=1,2", ["dbname": "d", "host": "a,b", "port": "1,2"]),
        Form("postgresql:///d?host=a:1", ["dbname": "d", "host": "a", "port": "1"]),
        Form(
            "postgresql://h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem&sslcert=c&sslkey=k",
            here.merging(["sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "sslcert": "c", "sslkey": "k"]) { $1 }
        ),
        Form("postgresql+asyncpg://h/d?ssl=require", here.merging(["sslmode": "require"]) { $1 }),
        Form("postgresql+asyncpg://h/d?ssl=true", here.merging(["sslmode": "require"]) { $1 }),
        Form("postgresql://h/d?ssl=disable&sslmode=require", here.merging(["sslmode": "require"]) { $1 }),
        Form("postgresql+asyncpg://h/d?prepared_statement_cache_size=0", here),
        Form("postgresql://h/d?sslmode=", here),
        Form(
            "postgresql://h/d?options=-c%20search_path%3Dowui+-c+a=b",
            here.merging(["options": "-c search_path=owui -c a=b"]) { $1 }),
        Form("postgresql://h/d?password=q&user=v", here.merging(["user": "v"]) { $1 }, password: "q"),
    ]

    @Test(arguments: forms)
    func `is read from every form of the URL`(form: Form) throws {
        let target = try target(["DATABASE_URL": form.address])
        #expect(target.keywords.plain == form.plain)
        #expect(target.password?.reveal() == form.password)
        #expect(target.schema == nil)
    }

    @Test(arguments: forms.filter { $0.password != nil })
    func `is printed without its password`(form: Form) throws {
        let secret = "Wb7-qqZ"
        let address = form.address.replacing(":p@", with: ":\(secret)@").replacing(
            "password=q", with: "password=\(secret)")
        let settings = try DatabaseSettings(environment: ["DATABASE_URL": address])
        for text in ["\(settings)", "\(settings.engine)", String(reflecting: settings), dumped(settings)] {
            #expect(!text.contains(secret))
            #expect(form.password.map { $0.count < 3 || !text.contains($0) } == true)
        }
    }

    @Test func `is printed as a URL`() throws {
        let address = "postgres://u:p@[::1]:5433/d?sslpassword=geheim&sslmode=require"
        let settings = try DatabaseSettings(environment: ["DATABASE_URL": address, "DATABASE_SCHEMA": "s"])
        #expect(
            settings.description
                == "postgresql://u:••••••@[::1]:5433/d?sslmode=require&sslpassword=•••••• (schema s)")
    }

    @Test(arguments: [
        "", "nonsense", "://h/d", "postgre sql://h/d", "postgresql://u:Wb7@qqZ@h/d", "postgresql://h:port/d",
        "postgresql://u/x:Wb7@h/d", "postgresql://[::1/d", "postgresql://[::1]x/d", "postgresql://%2Frun%2Fpg/d",
        "postgresql://h:99999/d", "postgresql://u:Wb7%00@h/d", "postgresql://u:Wb7\n@h/d", "postgresql://h/d?wrong=1",
        "postgresql://h/d?sslmode=always", "postgresql://h/d?ssl=perhaps", "postgresql://h/d?target_session_attrs=x",
    ])
    func `that is malformed is a fault that says how to correct it`(address: String) {
        let fault = #expect(throws: Fault.self) { try DatabaseSettings(environment: ["DATABASE_URL": address]) }
        #expect(fault?.kind == .invalid)
        #expect(fault?.why.isEmpty == false)
        #expect(fault?.remedy.contains("DATABASE_URL") == true)
        #expect("\(String(describing: fault))".contains("Wb7") == false)
    }

    @Test(arguments: [
        ([:], "data/webui.db"),
        (["DATA_DIR": "/srv/owui"], "/srv/owui/webui.db"),
        (["DATABASE_URL": "sqlite:////abs/x.db"], "/abs/x.db"),
        (["DATABASE_URL": "sqlite:///rel.db"], "rel.db"),
        (["DATABASE_URL": "sqlite://"], ":memory:"),
        (["DATABASE_URL": "sqlite+sqlcipher:///x.db"], "x.db"),
        (["DATABASE_TYPE": "sqlite+sqlcipher", "DATA_DIR": "/d"], "/d/webui.db"),
        (["DATABASE_TYPE": "postgresql", "DATABASE_HOST": "h", "DATA_DIR": "/d"], "/d/webui.db"),
    ])
    func `is SQLite where nothing else is said`(environment: [String: String], path: String) throws {
        #expect(try DatabaseSettings(environment: environment).engine == .sqlite(path: path))
    }

    @Test(arguments: [
        ("mysql://h/d", DatabaseSettings.Engine.mariadb), ("mariadb+pymysql://u:p@h/d", .mariadb),
        ("oracle://h/d", .other(scheme: "oracle")), ("postgres+psycopg2://h/d", .other(scheme: "postgres+psycopg2")),
    ])
    func `knows other engines by their scheme`(address: String, engine: DatabaseSettings.Engine) throws {
        #expect(try DatabaseSettings(environment: ["DATABASE_URL": address]).engine == engine)
    }

    static let parts = [
        "DATABASE_TYPE": "postgresql", "DATABASE_USER": "u", "DATABASE_PASSWORD": "p", "DATABASE_HOST": "h",
        "DATABASE_PORT": "5433", "DATABASE_NAME": "d", "DATABASE_URL": "postgresql://other/other",
    ]

    @Test func `is taken from its parts when all are set`() throws {
        let target = try target(Self.parts)
        #expect(target.keywords.plain == Self.whole)
        #expect(target.password == Secret("p"))
    }

    @Test(arguments: ["TYPE", "HOST", "PORT", "NAME"])
    func `is taken from the URL when a part is missing or empty`(part: String) throws {
        for value in [nil, ""] as [String?] {
            var environment = Self.parts
            environment["DATABASE_\(part)"] = value
            #expect(try target(environment).keywords["host"] == "other")
        }
    }

    @Test func `may lack a password, and says that a token takes its place`() throws {
        var environment = Self.parts
        environment["DATABASE_PASSWORD"] = nil
        environment["DATABASE_ENABLE_IAM_TOKEN_AUTH"] = "True"
        let target = try target(environment)
        #expect(target.keywords.plain == Self.whole)
        #expect(target.password == nil)
        #expect(target.usesTokens)
    }

    @Test(arguments: [("0.6.18", "other"), ("v0.6.19", "h"), ("0.12.4-cuda", "h"), ("main", "h")])
    func `is taken from its parts by the releases that read them`(version: String, host: String) throws {
        let settings = try DatabaseSettings(environment: Self.parts, version: version)
        guard case .postgres(let target) = settings.engine else {
            Issue.record("not PostgreSQL")
            return
        }
        #expect(target.keywords["host"] == host)
    }

    @Test func `has a schema only when one is named`() throws {
        let address = "postgresql://h/d"
        #expect(try target(["DATABASE_URL": address, "DATABASE_SCHEMA": "s"]).schema == "s")
        #expect(try target(["DATABASE_URL": address, "DATABASE_SCHEMA": ""]).schema == nil)
    }

    @Test func `leaves what the URL does not say to libpq's variables`() throws {
        let target = try target([
            "DATABASE_URL": "postgresql://u@/d", "PGHOST": "eh", "PGPORT": "7", "PGUSER": "eu", "PGPASSWORD": "ep",
            "PGSSLMODE": "verify-ca", "PGPASSFILE": "/etc/pgpass", "PGAPPNAME": "not ours",
        ])
        let all = try target.parameters()
        #expect(
            all.plain == [
                "user": "u", "dbname": "d", "host": "eh", "port": "7", "sslmode": "verify-ca",
                "passfile": "/etc/pgpass",
            ])
        #expect(all.password == Secret("ep"))
    }

    private func target(_ environment: [String: String]) throws -> PostgresTarget {
        guard case .postgres(let target) = try DatabaseSettings(environment: environment).engine else {
            throw Fault(.bug, "not PostgreSQL", remedy: "look at the test")
        }
        return target
    }
}

func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
}

@Suite struct `A form of configuration` {
    struct Case: Sendable {
        let form: DatabaseForm
        let version: String
        let count: Int

        init(_ form: DatabaseForm, _ version: String, _ count: Int) {
            self.form = form
            self.version = version
            self.count = count
        }
    }

    static let psycopg2 = DatabaseForm(source: .address, scheme: "postgresql+psycopg2")
    static let plain = DatabaseForm(source: .address, scheme: "postgresql")
    static let schema = DatabaseForm(source: .address, scheme: "postgres", hasSchema: true)
    static let parts = DatabaseForm(source: .parts, scheme: "postgresql", usesTokens: true, hasParts: true)

    @Test(arguments: [
        Case(psycopg2, "0.6.43", 1), Case(psycopg2, "0.9.5", 1), Case(psycopg2, "0.9.6", 0), Case(psycopg2, "main", 0),
        Case(plain, "0.5.0", 0), Case(plain, "0.12.4", 0), Case(schema, "0.5.0", 2), Case(schema, "0.11.4", 1),
        Case(schema, "v0.12.0", 0), Case(parts, "0.6.18", 2), Case(parts, "0.6.19", 1), Case(parts, "0.10.0", 0),
        Case(DatabaseForm(source: .address, scheme: "mysql"), "0.9.5", 1),
        Case(DatabaseForm(source: .none, scheme: "sqlite"), "0.5.0", 0),
    ])
    func `that a release refuses or overlooks has a sentence each`(example: Case) {
        let lints = example.form.lints(version: example.version)
        #expect(lints.count == example.count)
        #expect(lints.allSatisfy { $0.sentence.hasSuffix(".") && !$0.remedy.isEmpty })
    }

    @Test func `with a driver in its scheme keeps a release before 0.9.6 from starting, and nothing else does`() {
        #expect(Self.psycopg2.lints(version: "0.6.43").map(\.isRefused) == [true])
        #expect(Self.parts.lints(version: "0.6.18").map(\.isRefused) == [false, false])
        #expect(Self.schema.lints(version: "0.5.0").map(\.isRefused) == [false, false])
    }

    @Test func `is read with the settings`() throws {
        let environment = `The configuration of a database`.parts
        let old = try DatabaseSettings(environment: environment, version: "0.6.18")
        #expect(old.form == DatabaseForm(source: .address, scheme: "postgresql", hasParts: true))
        #expect(try DatabaseSettings(environment: environment).form.source == .parts)
        #expect(try DatabaseSettings(environment: ["DATABASE_URL": "postgres://h/d"]).form.scheme == "postgres")
    }
}

@Suite struct `A service file` {
    @Test func `gives the parameters of a service, and the first of two of the same name`() throws {
        let file = try ServiceFile("# c\n[a]\nhost = h \n\nport=1\npassword=p\n[b]\n[a]\nhost=x\n", path: "f")
        let found = try #require(file.parameters(of: "a"))
        #expect(found.plain == ["host": "h", "port": "1"])
        #expect(found.password == Secret("p"))
        #expect(file.parameters(of: "b") == PostgresKeywords())
        #expect(file.parameters(of: "c") == nil)
    }

    @Test(arguments: ["[a]\nhost\n", "[a]\n=h\n"]) func `that is no such file names the line`(text: String) {
        let fault = #expect(throws: Fault.self) { try ServiceFile(text, path: "/f") }
        #expect(fault?.why.contains("line 2") == true)
    }

    @Test func `that is not there leaves the service undefined`() {
        let target = PostgresTarget(keywords: PostgresKeywords(["service": "s"]), serviceFiles: ["/nonexistent/x"])
        let fault = #expect(throws: Fault.self) { try target.parameters() }
        #expect(fault?.kind == .missing)
    }

    @Test func `comes after what is said outright and before the environment`() throws {
        let file = try TemporaryFile("[s]\nhost=service\nuser=service\nport=1\n")
        let target = PostgresTarget(
            keywords: PostgresKeywords(["host": "outright", "service": "s"]),
            inherited: PostgresKeywords(["user": "environment", "dbname": "environment"]), serviceFiles: [file.path])
        let expected = ["host": "outright", "user": "service", "port": "1", "dbname": "environment"]
        #expect(try target.parameters().plain == expected)
    }
}

@Suite struct `A secret` {
    @Test func `prints as dots everywhere and is lent out as it is`() {
        let secret = Secret("geheim")
        struct Holder { let inside: Secret }
        for text in [
            "\(secret)", String(reflecting: secret), dumped(secret), dumped(Holder(inside: secret)), "\([secret])",
        ] {
            #expect(!text.contains("geheim"))
            #expect(text.contains("•") || text.contains("Secret"))
        }
        #expect(secret.reveal() == "geheim")
        #expect(secret.withValue { $0.count } == 6)
        #expect(secret == Secret("geheim"))
        #expect(secret != Secret("Geheim"))
    }
}

@Suite struct `A message of a failed connection` {
    @Test(arguments: [
        (
            "server at \"h\", port 1 failed: FATAL:  28P01: no \"u\"\nLOCATION:  f, auth.c:335\n", "28P01",
            "server at \"h\", port 1 failed: FATAL: no \"u\""
        ),
        ("could not:\n\tConnection refused\n", nil, "could not: Connection refused"),
        ("a: FATAL:  57P03: x\nb: FATAL:  3D000: y\n", "3D000", "a: FATAL: x b: FATAL: y"),
        ("", nil, ""),
    ])
    func `is one line, and its code is apart`(raw: String, code: String?, text: String) {
        let message = PostgresMessage(raw)
        #expect(message.sqlstate == code.map { SQLState($0) })
        #expect(message.text == text)
    }
}
