import Glibc
import Testing

/// A deployment to be played with: a Compose project of the stand-in in a folder of its own, the database behind it and
/// the witness's, all of it gone at the end.
final class ComposeSite: Witnessed, Sendable {
    /// What a deployment is to look like.
    struct Shape: Sendable {
        /// How instances are told where the database is.
        enum Reach: Sendable {
            /// By an address that this machine and containers share.
            case address
            /// By a name that only containers know.
            case nameInside
            /// As this machine does, whose network instances are in themselves.
            case host
        }

        /// The database looks as a start of this version leaves it; nil for an empty one.
        var prepared: String? = "0.6.43"
        var version = "0.6.43"
        var repository = ComposeSite.repository
        /// The tag is in `.env`, as OWUI_TAG; otherwise in the `image:` line itself.
        var hasVariable = true
        var replicas = 3
        /// `UVICORN_WORKERS`; nil where it is not set.
        var workers: String?
        /// `ENABLE_DB_MIGRATIONS`; nil where it is not set.
        var migrations: String?
        /// Replicas of a second service on the same database; nil where there is none.
        var companion: Int?
        var reach = Reach.address
        /// Added to the environment of every instance, such as orders for trouble.
        var environment: [String: String] = [:]
        var stopGrace = 10
        /// When the engine starts an instance again by itself.
        var restart = "unless-stopped"
        /// Lines added to the service, without its indentation.
        var lines: [String] = []
        /// The service's `healthcheck`. A check in every container each second would be most of what the machine does.
        var health = "{disable: true}"
        /// Whether instances have what is in `.env` in their environment, too.
        var readsVariables = false
    }

    static let repository = "ghcr.io/open-webui/open-webui"
    static let service = "open-webui"
    static let companion = "pool"

    let shape: Shape
    /// The project's name, and its database's.
    let name: String
    /// The project's folder; the journal is in its `.owui-upgrade`.
    let folder: String

    var database: String { name }
    var witness: String { "\(name)_witness" }
    var composeFile: String { "\(folder)/compose.yaml" }
    var variablesFile: String { "\(folder)/.env" }

    /// Makes one, plays with it, and clears it away whatever comes of it.
    static func play<Value>(
        _ shape: Shape = Shape(), _ game: (ComposeSite) async throws -> Value
    ) async throws -> Value {
        let site = try ComposeSite(shape)
        let result: Result<Value, any Error>
        do {
            try await site.make()
            for server in ["postgres", "compose"] {
                Tally.count(asked: server)
            }
            result = .success(try await game(site))
        } catch { result = .failure(error) }
        do { try await site.clear() } catch {
            // What went wrong first is what counts.
            if case .success = result { throw error }
        }
        return try result.get()
    }

    private init(_ shape: Shape) throws {
        self.shape = shape
        name = "play_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        folder = "\(try Workshop.root())/\(name)"
    }

    private func make() async throws {
        try await makeDatabases(after: shape.prepared)
        try Files.makeFolder(folder)
        try Files.write(text(of: shape), to: composeFile, mode: 0o644)
        try Files.write(shape.hasVariable ? "OWUI_TAG=v\(shape.version)\n" : "", to: variablesFile, mode: 0o644)
        try await order([:])
    }

    /// Brings all up, and waits until every worker has opened its port.
    func up() async throws {
        let up = try await compose("up", "--detach")
        guard up.exit == 0 else { throw Trouble("the project does not start: \(up.story)") }
        let workers = (shape.replicas + (shape.companion ?? 0)) * (shape.workers.flatMap { Int($0) } ?? 1)
        try await TestServer.wait(
            until: "SELECT count(DISTINCT life) >= \(workers) FROM mark WHERE kind = 'opened'", in: witness)
    }

    /// Runs `docker compose` in the project's folder, as a person would.
    func compose(_ words: String..., environment: [String: String] = [:]) async throws -> Finished {
        try await TestEngine.ask(["compose", "--project-directory", folder] + words, environment)
    }

    /// Runs the tool on this deployment.
    func run(
        _ words: String..., environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await run(words, environment: environment, signal: signal)
    }

    func run(
        _ words: [String], environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await ChildProcess.run(Workshop.tool, words + ["--compose", folder], try variables(environment), signal)
    }

    /// Starts the tool on this deployment and does not wait for it.
    func start(_ words: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(Workshop.tool, words + ["--compose", folder], try variables(environment))
    }

    private func variables(_ more: [String: String]) throws -> [String: String] {
        ["DOCKER_HOST": try TestEngine.address()].merging(more) { $1 }
    }

    private func clear() async throws {
        try await TestEngine.clear(project: name)
        try await dropDatabases()
        Files.erase(folder)
    }
}
