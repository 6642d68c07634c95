/// A deployment whose application and whose witness have databases on the tests' server.
protocol Witnessed {
    var database: String { get }
    var witness: String { get }
}

extension Witnessed {
    /// Makes both; the application's looks as a start of this version leaves it, and is empty where there is none.
    func makeDatabases(after version: String?) async throws {
        let template = if let version { try await TestServer.template(version) } else { "template1" }
        try await TestServer.run(
            "CREATE DATABASE \(database) TEMPLATE \(template)",
            "CREATE DATABASE \(witness) TEMPLATE \(try await TestServer.template(nil))")
    }

    func dropDatabases() async throws {
        try await TestServer.run("DROP DATABASE \(database) WITH (FORCE)", "DROP DATABASE \(witness) WITH (FORCE)")
    }

    /// Every row of `alembic_version`, joined by blanks; nil where there is none.
    func revision() async throws -> String? {
        guard try await TestServer.value("SELECT to_regclass('alembic_version')", in: database) != nil else {
            return nil
        }
        return try await TestServer.value("SELECT string_agg(version_num, ' ') FROM alembic_version", in: database)
    }

    /// Nil when no two versions and no two migrators met; otherwise what the witness says.
    func complaint() async throws -> String? {
        let check = try await askWitness("check")
        return check.exit == 0 ? nil : check.out + check.error
    }

    /// The witness's whole account.
    func report() async throws -> String { try await askWitness("report").out }

    private func askWitness(_ question: String) async throws -> Finished {
        let address = try TestServer.address(of: witness)
        return try await ChildProcess.run(
            Workshop.standIn, ["witness", "-", question], ["STAND_IN_WITNESS": address])
    }
}
