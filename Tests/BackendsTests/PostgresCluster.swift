import Glibc
import Synchronization
import Wire

@testable import Backends

/// A server of one test's own, to be stopped and started: on a Unix socket, or on 127.0.0.1 with TLS.
struct PostgresCluster {
    let folder: String
    let target: PostgresTarget
    /// Where it listens beside its socket; nil for nowhere.
    private let port: Int?

    private static let next = Atomic<Int>(Int.random(in: 0..<8000))

    static func with(tls: Bool = false, _ body: (PostgresCluster) async throws -> Void) async throws {
        guard getenv("OWUI_TEST_POSTGRES") != nil else { throw PostgresSite.Missing() }
        let folder = "/tmp/backends_cluster_\(UInt64.random(in: 0...UInt64.max))"
        PostgresSite.tally()
        // Below the range from which the kernel gives ports to clients, and no two alike.
        let port = tls ? 12_000 + next.wrappingAdd(1, ordering: .relaxed).newValue % 8000 : nil
        let cluster = PostgresCluster(
            folder: folder, target: try PostgresSite.target("postgresql://postgres@/postgres?host=\(folder)"),
            port: port)
        let result: Result<Void, any Error>
        do {
            try await cluster.make()
            result = .success(try await body(cluster))
        } catch {
            result = .failure(error)
        }
        _ = try await Self.shell(
            "\(cluster.server("pg_ctl")) stop --mode=immediate --silent --pgdata=\(folder)/data >/dev/null 2>&1; rm -rf \(folder)"
        )
        try result.get()
    }

    private func make() async throws {
        let owner = getuid() == 0 ? "chown postgres: \(folder)" : "true"
        try await Self.shell(
            "mkdir \(folder) && \(owner) && cd \(folder) && \(server("initdb")) --pgdata=\(folder)/data "
                + "--username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync")
        if port != nil { try await certify() }
        try await start()
    }

    /// Makes an authority (`ca.pem`), a certificate for the host name `localhost`, and one for the role postgres
    /// (`client.pem`, `client.key`), which everybody who comes over TCP must show.
    private func certify() async throws {
        let sign = { (name: String, subject: String) in
            "openssl req -new -newkey rsa:2048 -nodes -keyout \(name).key -subj /CN=\(subject) "
                + "-addext subjectAltName=DNS:\(subject) -out \(name).csr && openssl x509 -req -in \(name).csr -CA ca.pem "
                + "-CAkey ca.key -CAcreateserial -days 1 -copy_extensions copy -out \(name).pem"
        }
        let owner = getuid() == 0 ? "chown postgres: server.key && chown root: client.key" : "true"
        try await Self.shell(
            "cd \(folder) && { openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 1 -subj /CN=authority && "
                + "\(sign("server", "localhost")) && \(sign("client", "postgres")); } 2>/dev/null && "
                + "chmod 600 *.key && \(owner) && echo 'hostssl all all 127.0.0.1/32 cert' > data/pg_hba.conf && "
                + "echo 'local all all trust' >> data/pg_hba.conf")
    }

    /// The address over TCP with these parameters; paths of files are those of the cluster's folder.
    func address(host: String = "localhost", _ parameters: String) -> String {
        let files = parameters.split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1)
            return parts[0] == "sslmode" ? String(parameter) : "\(parts[0])=\(folder)/\(parts[1])"
        }
        return "postgresql://postgres@\(host):\(port ?? 0)/postgres?\(files.joined(separator: "&"))"
    }

    func start() async throws {
        let place =
            port.map {
                "-p \($0) -c listen_addresses=127.0.0.1 -c ssl=on -c ssl_ca_file=\(folder)/ca.pem "
                    + "-c ssl_cert_file=\(folder)/server.pem -c ssl_key_file=\(folder)/server.key"
            } ?? "-c listen_addresses=''"
        try await Self.shell(
            "cd \(folder) && \(server("pg_ctl")) start --silent --wait --pgdata=\(folder)/data --log=\(folder)/log "
                + "--options=\"\(place) -c unix_socket_directories=\(folder) -c fsync=off\" >/dev/null 2>&1")
    }

    func stop() async throws {
        try await Self.shell(
            "cd \(folder) && \(server("pg_ctl")) stop --silent --wait --mode=fast --pgdata=\(folder)/data")
    }

    /// A program of the server, which refuses to run as root.
    private func server(_ program: String) -> String {
        let folder = getenv("OWUI_TEST_POSTGRES_BIN").map { String(cString: $0) + "/" } ?? ""
        let user = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups -- " : ""
        return user + folder + program
    }

    @discardableResult
    private static func shell(_ line: String) async throws -> String {
        try await Tool.shell(line, named: "the test's server", environment: [:], permit: .always)
    }
}
