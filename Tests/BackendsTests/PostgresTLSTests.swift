import Testing
import UpgradeCore
import Wire

@testable import Backends

@Suite(.tags(.postgres)) struct `A database that is reached by TLS` {
    private static let own = "sslrootcert=ca.pem&sslcert=client.pem&sslkey=client.key"

    private func database(_ cluster: PostgresCluster, _ address: String) throws -> PostgresDatabase {
        PostgresDatabase(
            try PostgresSite.target(address), fence: OpenFence(),
            owner: { name, _ in name.isEmpty ? .stray : .somebodyElse }, isInterrupted: { false })
    }

    @Test func `is asked and backed up with the certificates that its address names`() async throws {
        try await PostgresCluster.with(tls: true) { cluster in
            let address = cluster.address("sslmode=verify-full&\(Self.own)")
            let session = try await PostgresSession.connect(to: try PostgresSite.target(address), as: "psql")
            _ = try await session.script(
                "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one')")
            let row = try await session.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").first
            #expect(try row?.bool("ssl") == true)
            await session.close()
            let database = try database(cluster, address)
            #expect(try await database.look().revision == "one")
            let backup = try await database.backUp(.pgDump(folder: cluster.folder + "/backups"), of: "run")
            #expect(backup.bytes > 0)
        }
    }

    @Test(arguments: [
        (
            host: "localhost",
            parameters: "sslmode=verify-full&sslrootcert=client.pem&sslcert=client.pem&sslkey=client.key"
        ),
        (host: "127.0.0.1", parameters: "sslmode=verify-full&\(own)"),
        (host: "localhost", parameters: "sslmode=require"),
        (host: "localhost", parameters: "sslmode=disable"),
    ])
    func `refuses what its certificates do not allow`(host: String, parameters: String) async throws {
        try await PostgresCluster.with(tls: true) { cluster in
            let database = try database(cluster, cluster.address(host: host, parameters))
            await #expect { try await database.look() } throws: { error in
                guard let fault = error as? Fault else { return false }
                let said = fault.why.lowercased()
                return fault.kind == .denied && !fault.remedy.isEmpty
                    && ["certificate", "encryption"].contains(where: said.contains)
            }
        }
    }
}
