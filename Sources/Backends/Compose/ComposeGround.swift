import FoundationEssentials
package import UpgradeCore
package import Wire

/// A Compose project and the engine that it runs on, found and not yet touched.
package struct ComposeGround: Sendable {
    let project: ComposeProject
    let choice: ComposeChoice
    /// The service that somebody named when they were asked; nil where nobody was.
    package let asked: String?
    let engine: Engine
    let isInterrupted: @Sendable () -> Bool

    /// Who says which of several services is Open WebUI; nil is no answer.
    package typealias Ask = @Sendable (_ services: [String]) async throws(Fault) -> String?

    /// Finds the project that is wished for. `isInterrupted` ends long work early; `ask` is there where somebody can be
    /// asked.
    package static func find(
        _ wishes: ComposeWishes, ask: Ask? = nil, isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> ComposeGround {
        let engine = try ComposeEngine.found()
        let permit = Permit(fence: NoLock(), isInterrupted: isInterrupted)
        let project = try await ComposeProject.find(wishes, tool: ComposeTool(), permit: permit)
        var asked: String?
        if wishes.service == nil, let ask, let rivals = ComposeChoice.rivals(in: project.config) {
            asked = try await ask(rivals)
        }
        let choice = try ComposeChoice(project.config, wish: wishes.service ?? asked)
        return ComposeGround(
            project: project, choice: choice, asked: asked, engine: engine, isInterrupted: isInterrupted)
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

    /// The project behind a fence. `bell` is rung at each event of its containers; `hear` is told of images that
    /// are fetched; `passing` is called between effects.
    package func backend(
        fence: any Fence, bell: Bell, hear: @escaping @Sendable (PullProgress) -> Void = { _ in },
        passing: @escaping @Sendable (ComposeBackend.Point) throws(Fault) -> Void
    ) -> ComposeBackend {
        let listener = EngineListener(engine: engine, label: "com.docker.compose.project=\(project.name)", bell: bell)
        return ComposeBackend(
            project: project, choice: choice, engine: engine,
            permit: Permit(fence: fence, isInterrupted: isInterrupted), listener: listener, hear: hear, passing: passing
        )
    }

    /// For who only looks.
    struct NoLock: Fence {
        func check() {}
    }
}

extension ComposeGround {
    /// How the project's database is reached, by the settings of its application.
    package func database() async throws(Fault) -> (road: DatabaseRoad, form: DatabaseForm) {
        let service = project.config.services[choice.main]
        let settings = try DatabaseSettings(environment: service?.environment.compactMapValues(\.self) ?? [:])
        let target = try settings.postgres()
        if let host = target.host, host.isLoopback, service?.networkMode != "host" { throw .databaseInItself(host) }
        try await ComposeDatabaseWays.clear(project.name, engine)
        let ways = ComposeDatabaseWays(
            target: target, project: project, service: choice.main, engine: engine, isInterrupted: isInterrupted)
        return (DatabaseRoad(target, ways), settings.form)
    }
}

extension Fault {
    static func remoteEngine(_ address: String) -> Fault {
        Fault(
            .refused, "A Compose project on the engine of another machine is not upgraded from here.",
            why:
                "\(address) leads to an engine that does not run here, and journal and lock belong beside the project's files",
            remedy: "run `owui-upgrade` on the machine where that engine runs, in the project's folder there")
    }

    static func databaseInItself(_ host: String) -> Fault {
        Fault(
            .refused, "The database is at \(host), which in a container is the container itself.",
            why: "the service's settings say so",
            remedy: "give the service the name of its database's service or machine, then give the same command again")
    }
}
