import Glibc
import Testing

@testable import open_webui_stand_in

/// A local group on databases of its own, the real program to upgrade it with, and the witness of its instances.
///
/// The application's role owns its database and is no superuser, as in production; its password and the group's secret
/// key are of this scene alone, so that they can be searched for.
final class Scene {
    let name: String
    let folder: String
    private let reserved: Ports
    let password: String
    let secretKey: String
    private(set) var environment: [String: String] = [:]
    private(set) var group: [String]
    private let server: String
    private let superuser: Session
    private var spawned = 0

    /// - Parameters:
    ///   - ports: one more than there will be instances
    ///   - group: further lines of `group.yaml`
    ///   - environment: what instances get beside their settings, such as the trouble that they are to make
    init(
        ports count: Int = 4, group: [String] = [], _ environment: [String: String] = [:]
    ) throws {
        server = try TestServer.address()
        let salt = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        name = "scene_\(salt)"
        folder = "\(try Workshop.root())/\(name)"
        password = "pw\(salt)pw"
        secretKey = "key\(salt)key"
        reserved = try Ports(count)
        self.group = group
        self.environment = environment
        superuser = try Session([("dbname", server)])
        try superuser.run("CREATE ROLE \(name) LOGIN PASSWORD '\(password)'")
        try superuser.run("CREATE DATABASE \(name) OWNER \(name)")
        try superuser.run("CREATE DATABASE \(name)_witness OWNER \(name)")
        try Session([("dbname", witnessURL)]).run(WitnessSession.tables)
        try Files.makeFolder(folder)
        try Files.makeFolder("\(folder)/data")
        try writeGroup()
        Tally.count()
    }

    deinit {
        for pid in instances() { kill(pid, SIGKILL) }
        do {
            for database in [name, "\(name)_witness"] { try superuser.run("DROP DATABASE \(database) WITH (FORCE)") }
            try superuser.run("DROP ROLE \(name)")
        } catch { print("left \(name): \(error)") }
        if System.setting("OWUI_TEST_KEEP") == nil { Files.erase(folder) }
    }

    // The deployment

    var ports: [Int] { reserved.numbers }
    var url: String { url(of: name, user: name, password: password) }
    var witnessURL: String { url(of: "\(name)_witness", user: name, password: password) }
    var state: String { "\(folder)/.owui-upgrade" }

    func url(of database: String, user: String, password: String) -> String {
        let place = server.split(separator: "@").last?.split(separator: "/").first ?? ""
        return "postgresql://\(user):\(password)@\(place)/\(database)"
    }

    /// Writes the group anew with other trouble in the environment of its instances.
    func play(_ environment: [String: String]) throws {
        self.environment = environment
        try writeGroup()
    }

    /// Writes the group anew: other further lines, other settings, other fixed lines.
    func writeGroup(
        name: String = "chat", command: String? = nil, lines: [String]? = nil, settings: [String: String?] = [:],
        ports: [Int]? = nil
    ) throws {
        if let lines { group = lines }
        var secrets: [String: String?] = [
            "DATABASE_URL": url, "WEBUI_SECRET_KEY": secretKey, "STAND_IN_WITNESS": witnessURL,
            "DATA_DIR": "\(folder)/data",
        ]
        secrets.merge(settings) { $1 }
        let text = secrets.compactMap { key, value in value.map { "\(key)=\($0)" } }.sorted().joined(separator: "\n")
        try Files.write(text + "\n", to: "\(folder)/secrets.env")
        let command = command ?? "\(folder)/opt/{version}/bin/open-webui serve --host {host} --port {port}"
        let variables = environment.sorted { $0.key < $1.key }.map { "  \($0.key): \"\($0.value)\"" }
        let stopGrace = group.contains { $0.hasPrefix("stopGrace") } ? [] : ["stopGrace: 20"]
        let fixed = [
            "name: \(name)", "command: \(command)",
            "ports: [\((ports ?? self.ports).map(String.init).joined(separator: ", "))]",
            "environmentFile: secrets.env",
        ]
        let all = fixed + stopGrace + (variables.isEmpty ? [] : ["environment:"] + variables) + group
        try Files.write(all.joined(separator: "\n") + "\n", to: "\(folder)/group.yaml")
    }

    func install(_ versions: String...) throws {
        for version in versions where !System.exists("\(folder)/opt/\(version)") {
            guard let number = Version(version) else { throw Trouble("\(version) is no version") }
            let made = try Spawned(
                [Workshop.standIn, "install", "--version", "\(number)", "--into", "\(folder)/opt/\(version)"],
                [:], streams: stream()
            ).end()
            guard made.exit == 0 else { throw Trouble(made.story) }
        }
    }

    /// Installs both versions and brings the first up; the test fails where that does.
    func up(_ version: String, replicas: Int = 2, to target: String = "0.12.4") throws {
        try install(version, target)
        let up = try tool(["local", "up", "--version", version, "--replicas", "\(replicas)"])
        guard up.exit == 0 else { throw Trouble("local up: \(up.story)") }
    }

    // The program

    /// Runs the program on this group to its end.
    @discardableResult func tool(_ words: [String], _ variables: [String: String] = [:]) throws -> Finished {
        try start(words, variables).end()
    }

    /// Upgrades without asking.
    @discardableResult func upgrade(to version: String = "0.12.4", _ words: String...) throws -> Finished {
        try tool(["--to", version, "--yes"] + words)
    }

    /// Starts the program on this group. `prefix` is a command that ends by running it.
    func start(
        _ words: [String], _ variables: [String: String] = [:], inFolder: Bool = false, prefix: [String] = []
    ) throws -> Spawned {
        let all = environment(variables)
        let place = inFolder ? [] : ["--group", folder]
        return try Spawned(
            (inFolder ? ["/usr/bin/env", "-C", folder] : []) + prefix + [Workshop.tool] + words + place, all,
            streams: stream())
    }

    /// What the program gets as environment.
    func environment(_ variables: [String: String]) -> [String: String] {
        var all = ["PATH": System.setting("PATH") ?? "/usr/bin:/bin", "HOME": folder]
        if let libraries = System.setting("LD_LIBRARY_PATH") { all["LD_LIBRARY_PATH"] = libraries }
        return all.merging(variables) { $1 }
    }

    private func stream() -> String {
        spawned += 1
        mkdir("\(folder)/said", 0o700)
        return "\(folder)/said/\(spawned)"
    }

    /// Lends a deployment's folder on which something is mounted, by `mount` of this machine, which only root may ask.
    func withMount(_ steps: [[String]], _ body: () throws -> Void) throws {
        let root = getuid() == 0 ? [] : ["/usr/bin/sudo", "-n"]
        func run(_ command: [String]) throws {
            let ended = try Spawned(root + command, [:], streams: stream()).end()
            guard ended.exit == 0 else { throw Trouble("\(command[0]): \(ended.story)") }
        }
        let result: Result<Void, any Error>
        do {
            for words in steps { try run(["/bin/mount"] + words) }
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
        do { try run(["/bin/umount", "--lazy", state]) } catch {
            try result.get()
            throw error
        }
        try result.get()
    }

    /// Writes a plan file and gives its path.
    func plan(_ lines: String...) throws -> String {
        try Files.write(lines.joined(separator: "\n") + "\n", to: "\(folder)/plan.yaml")
        return "\(folder)/plan.yaml"
    }

    // What can be seen

    /// A session that says what it is; one without a name may be Open WebUI's.
    func session(named name: String = "test") throws -> Session {
        try Session([("dbname", url), ("application_name", name)])
    }

    /// A session of an administrator of the server on the application's database.
    func administration() throws -> Session {
        let slash = server.lastIndex(of: "/") ?? server.endIndex
        return try Session([("dbname", "\(server[..<slash])/\(name)"), ("application_name", "psql")])
    }

    func value(_ statement: String) throws -> String? { try session().value(statement) }

    var revision: String? {
        get throws {
            guard try value("SELECT to_regclass('alembic_version')") != nil else { return nil }
            return try value("SELECT string_agg(version_num, ' ' ORDER BY 1) FROM alembic_version")
        }
    }

    /// What `/api/version` says on each port of the group where somebody answers.
    var serving: [String] {
        ports.compactMap { (port) -> String? in
            guard let body = Browser(port: UInt16(port)).get("/api/version") else { return nil }
            let version = body.split(separator: "\"version\":\"").last?.prefix { $0 != "\"" }
            return version.map(String.init) ?? body
        }
    }

    /// What the witness holds against this scene; empty when no two versions and no two migrators met.
    func violations() throws -> [String] {
        try Account(reading: Session([("dbname", witnessURL)])).violations.map(\.description)
    }

    func account() throws -> Account { try Account(reading: Session([("dbname", witnessURL)])) }

    /// The newest journal.
    var journal: String? {
        Files.names(in: "\(state)/runs").last { $0.hasSuffix(".journal") }.map { "\(state)/runs/\($0)" }
    }

    /// The id of the newest run.
    var run: String? {
        Files.names(in: "\(state)/runs").last { $0.hasSuffix(".journal") }.map { String($0.dropLast(8)) }
    }

    /// Process ids of the instances that live, which carry the group's folder in their environment.
    func instances() -> [pid_t] {
        Files.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
            Files.text("/proc/\(pid)/environ")?.contains("OWUI_UPGRADE_GROUP=\(folder)\0") ?? false
        }
    }

    /// Asks until the answer is yes, whenever a file of the scene has changed: journals, logs, and what was said.
    func wait(
        _ what: String, _ source: SourceLocation = #_sourceLocation, until condition: () throws -> Bool
    ) throws {
        let changes = Changes(below: folder)
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            changes.listen()
            if try condition() { return }
            changes.wait()
        }
        throw Trouble("never came: \(what)")
    }

    /// Waits until the newest run has heard of the migration: the deployment is at its one migrating instance.
    func waitForMigration() throws {
        try wait("a migration in the journal") {
            journal.flatMap(Files.text)?.contains(#""notice":{"migration""#) ?? false
        }
    }
}

/// A socket that listens on a port of this machine for as long as it lives.
final class Listening {
    private let descriptor: Int32

    init?(_ port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 8) == 0 else { return nil }
    }

    deinit { close(descriptor) }
}

/// Asks for one page on one connection.
struct Browser {
    let port: UInt16

    /// The body; nil when nobody listens.
    func get(_ path: String) -> String? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        System.write("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", to: connection)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) }
    }
}
