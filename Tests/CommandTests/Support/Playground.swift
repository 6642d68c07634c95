import Glibc
import Testing

/// A deployment to be played with: a local group of the stand-in in a folder of its own, the database behind it and the
/// witness's, all of it gone at the end.
final class Playground: Witnessed, Sendable {
    /// What a deployment is to look like.
    struct Shape: Sendable {
        /// The database looks as a start of this version leaves it; nil for an empty one.
        var prepared: String? = "0.6.43"
        var versions = ["0.6.43", "0.12.4"]
        var replicas = 3
        /// `UVICORN_WORKERS`; nil where it is not set.
        var workers: String?
        /// `ENABLE_DB_MIGRATIONS`; nil where it is not set.
        var migrations: String?
        /// Replicas of a second group on the same database; nil where there is none.
        var companion: Int?
        /// Added to the environment of every instance, such as orders for trouble.
        var environment: [String: String] = [:]
        var stopGrace = 10
    }

    let shape: Shape
    /// The group's folder; its journal is in `.owui-upgrade`.
    let folder: String
    let database: String
    let witness: String
    private let reserved: Ports

    /// The ports of the group itself.
    var ports: ArraySlice<Int> { reserved.numbers.prefix(shape.replicas + 1) }
    var companionPorts: ArraySlice<Int> { reserved.numbers.dropFirst(shape.replicas + 1) }
    /// Where journal, lock and the group's state are.
    var stateFolder: String { "\(folder)/.owui-upgrade" }

    /// Makes one, plays with it, and clears it away whatever comes of it.
    static func play<Value>(
        _ shape: Shape = Shape(), _ game: (Playground) async throws -> Value
    ) async throws -> Value {
        let playground = try await Playground(shape)
        Tally.count()
        let result: Result<Value, any Error>
        do { result = .success(try await game(playground)) } catch { result = .failure(error) }
        try await playground.clear()
        return try result.get()
    }

    private init(_ shape: Shape) async throws {
        self.shape = shape
        let name = "play_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        (folder, database, witness) = ("\(try Workshop.root())/\(name)", name, "\(name)_witness")
        reserved = try Ports(shape.replicas + 1 + (shape.companion.map { $0 + 1 } ?? 0))
        try await makeDatabases(after: shape.prepared)
        try Files.makeFolder(folder)
        try writeGroup(command: try await Workshop.command(for: shape.versions))
        try order([:])
    }

    private func writeGroup(command: String) throws {
        let list = { (ports: ArraySlice<Int>) in "[\(ports.map(String.init).joined(separator: ", "))]" }
        var lines = [
            "name: chat", "command: \(command)", "ports: \(list(ports))", "environmentFile: secrets.env",
            "environment:", "  DATA_DIR: \(folder)/data", "stopGrace: \(shape.stopGrace)",
        ]
        if let workers = shape.workers { lines.append("workers: \"\(workers)\"") }
        if let migrations = shape.migrations { lines.append("migrations: \"\(migrations)\"") }
        if let companion = shape.companion {
            lines += [
                "companions:", "  - name: pool", "    replicas: \(companion)", "    ports: \(list(companionPorts))",
            ]
        }
        try Files.write(lines.joined(separator: "\n") + "\n", to: "\(folder)/group.yaml")
        try Files.makeFolder("\(folder)/data")
    }

    /// Writes the environment of instances that start from now on: the shape's and these variables.
    func order(_ variables: [String: String]) throws {
        var all = shape.environment.merging(variables) { $1 }
        if all["DATABASE_URL"] == nil { all["DATABASE_URL"] = try TestServer.address(of: database) }
        all["STAND_IN_WITNESS"] = try TestServer.address(of: witness)
        all["WEBUI_SECRET_KEY"] = "a key that nobody may see"
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
        try Files.write(lines.joined(), to: "\(folder)/secrets.env")
    }

    /// Starts the group; a test that wants no deployment does not.
    func up(_ version: String = "0.6.43") async throws {
        let up = try await run("local", "up", "--version", version, "--replicas", "\(shape.replicas)")
        guard up.exit == 0 else { throw Trouble("the group does not start: \(up.story)") }
    }

    /// Runs the tool on this deployment.
    func run(
        _ arguments: String..., environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await run(arguments, environment: environment, signal: signal)
    }

    func run(
        _ arguments: [String], environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await ChildProcess.run(Workshop.tool, arguments + ["--group", folder], environment, signal)
    }

    /// Starts the tool on this deployment and does not wait for it.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(Workshop.tool, arguments + ["--group", folder], environment)
    }

    /// Ends every instance, also those whose starter never wrote them down, and removes what was made.
    private func clear() async throws {
        let folder = folder
        try await offThePool {
            while true {
                let living = GroupProcess.living(in: folder)
                if living.isEmpty { break }
                for process in living { kill(process.pid, SIGKILL) }
                for process in living { _ = AnyProcess.ends(process.pid, within: 10_000) }
            }
        }
        try await dropDatabases()
        Files.erase(folder)
    }
}
