import FoundationEssentials
import Glibc
package import UpgradeCore
package import Wire

/// A Compose project and the engine that it runs on, found and not yet touched.
package struct ComposeGround: Sendable {
    let project: ComposeProject
    let choice: ComposeChoice
    let engine: Engine
    let isInterrupted: @Sendable () -> Bool

    /// Finds the project that is wished for. `isInterrupted` ends long work early.
    package static func find(
        _ wishes: ComposeWishes, isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> ComposeGround {
        let environment = ProcessInfo.processInfo.environment
        let address = try EngineAddress(environment: environment, home: environment["HOME"] ?? "/")
        guard address.isOnThisMachine else { throw .remoteEngine(address.text) }
        let permit = Permit(fence: NoLock(), isInterrupted: isInterrupted)
        let project = try await ComposeProject.find(wishes, tool: ComposeTool(), permit: permit)
        let choice = try ComposeChoice(project.config, wish: wishes.service)
        return ComposeGround(
            project: project, choice: choice, engine: Engine(address), isInterrupted: isInterrupted)
    }

    /// Whether a folder holds a file that `docker compose` would take.
    package static func isProject(_ folder: String) -> Bool {
        ComposeFiles.names.contains { LocalFile.exists("\(folder)/\($0)") }
    }

    /// Where journal and lock of the project are that is wished for.
    package static func stateFolder(_ wishes: ComposeWishes) throws(Fault) -> String {
        let files = try ComposeFiles(wishes, environment: ProcessInfo.processInfo.environment)
        return ComposeStore(directory: files.directory).path
    }

    /// Forgets what a run that was given up had asked of the project in this state folder: from now on the project is what
    /// the engine shows. Name guards that it has left go with the next run.
    package static func forgetRun(in stateFolder: String) throws(Fault) {
        try LocalFile.remove("\(stateFolder)/compose.json")
    }

    package var name: String { project.name }
    /// Where journal and lock are.
    package var stateFolder: String { ComposeStore(directory: project.directory).path }

    /// The project behind a fence. `bell` is rung at each event of its containers; `passing` is called between effects.
    package func backend(
        fence: any Fence, bell: Bell, passing: @escaping @Sendable (ComposeBackend.Point) throws(Fault) -> Void
    ) -> ComposeBackend {
        let listener = EngineListener(engine: engine, label: "com.docker.compose.project=\(project.name)", bell: bell)
        return ComposeBackend(
            project: project, choice: choice, engine: engine,
            permit: Permit(fence: fence, isInterrupted: isInterrupted), listener: listener, passing: passing)
    }

    private struct NoLock: Fence {
        func check() {}
    }
}

extension ComposeGround {
    /// How the project's database is reached from here, by the settings of its application.
    ///
    /// A name that only the project's networks know leads to a container: that is asked at its own address.
    package func database() async throws(Fault) -> (target: PostgresTarget, form: DatabaseForm) {
        let environment = project.config.services[choice.main]?.environment.compactMapValues(\.self) ?? [:]
        let settings = try DatabaseSettings(environment: environment)
        var target = try settings.postgres()
        guard target.keywords["hostaddr"] == nil, let host = target.keywords["host"], !host.contains("/") else {
            return (target, settings.form)
        }
        if Self.isLoopback(host), project.config.services[choice.main]?.networkMode != "host" {
            throw .databaseInItself(host)
        }
        if let address = try await address(of: host) { target.keywords.set("hostaddr", address) }
        return (target, settings.form)
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "::1"
    }

    /// The address of the container that goes by this name in a network of the application; nil where none does.
    private func address(of host: String) async throws(Fault) -> String? {
        if host == "host.docker.internal" { return try await engine.gateway(of: "bridge") }
        let all = try await engine.containers(all: false)
        let own = try await networks(of: all)
        for container in all {
            for network in container.networks where own.contains(network.name) && !network.address.isEmpty {
                if network.aliases.contains(host) || container.name == host { return network.address }
            }
        }
        return nil
    }

    /// The networks that the application is in, by what runs, or by what its files say where nothing does.
    private func networks(of all: [EngineContainer]) async throws(Fault) -> Set<String> {
        let running = all.filter {
            $0.labels["com.docker.compose.project"] == project.name && $0.service == choice.main
        }
        if !running.isEmpty { return Set(running.flatMap { $0.networks.map(\.name) }) }
        let names = project.config.services[choice.main]?.networks ?? []
        return Set(names.flatMap { ["\(project.name)_\($0)", $0] })
    }
}

extension Fault {
    static func remoteEngine(_ address: String) -> Fault {
        Fault(
            .refused, "A Compose project on the engine of another machine is not upgraded from here.",
            why: "\(address) is no socket of this machine, and journal and lock belong beside the project's files",
            remedy: "run `owui-upgrade` on the machine where that engine runs, in the project's folder there")
    }

    static func databaseInItself(_ host: String) -> Fault {
        Fault(
            .refused, "The database is at \(host), which in a container is the container itself.",
            why: "the service's settings say so",
            remedy: "give the service the name of its database's service or machine, then give the same command again")
    }
}
