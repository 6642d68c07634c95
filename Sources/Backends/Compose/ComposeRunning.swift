import FoundationEssentials
package import UpgradeCore

/// Projects as the labels of their containers tell of them, for whoever does not stand in their folder.
extension ComposeWishes {
    /// The same with folder and files where a project is named that has none in the folder.
    package func located() async throws(Fault) -> ComposeWishes {
        guard let name = projectName, files.isEmpty, projectDirectory == nil else { return self }
        do throws(Fault) { _ = try ComposeFiles(self, environment: ProcessInfo.processInfo.environment) } catch {
            guard error.kind == .missing else { throw error }
            let running = RunningProject.all(of: try await ComposeEngine.containers(project: name), serving: service)
            guard let project = running.first else { throw .noSuchProject(name, folder: folder) }
            var wishes = project.wishes
            wishes.service = service
            wishes.profiles = profiles.isEmpty ? try await project.profiles() : profiles
            if !envFiles.isEmpty { wishes.envFiles = envFiles.map { ComposeFiles.absolute($0, in: folder) } }
            return wishes
        }
        return self
    }

    /// The one project with Open WebUI that runs on this machine's engine; nil where there is none, or no engine that could
    /// be asked. Throws where there are several.
    package static func running() async throws(Fault) -> ComposeWishes? {
        let containers: [EngineContainer]
        do throws(Fault) { containers = try await ComposeEngine.containers() } catch { return nil }
        let projects = RunningProject.all(of: containers).filter(\.isOpenWebUI)
        guard projects.count < 2 else { throw .manyProjects(projects) }
        guard let project = projects.first else { return nil }
        var wishes = project.wishes
        wishes.profiles = try await project.profiles()
        return wishes
    }
}

/// A project that has containers.
struct RunningProject: Equatable, Sendable {
    let wishes: ComposeWishes
    /// The services of those of its containers that are made of Open WebUI's image, or of the one that is wished for.
    let services: Set<String>

    var isOpenWebUI: Bool { !services.isEmpty }

    var name: String { wishes.projectName ?? "" }

    /// Those that the labels of containers tell of, by their names.
    static func all(of containers: [EngineContainer], serving service: String? = nil) -> [RunningProject] {
        let projects = Dictionary(grouping: containers) { $0.labels["com.docker.compose.project"] ?? "" }
        return projects.sorted { $0.key < $1.key }.compactMap { name, containers in
            let isOwn = { (container: EngineContainer) in
                container.service == service || ComposeChoice.isOpenWebUI(container.image)
            }
            // A container of the application's own service was made by all of its files.
            let best = containers.filter(isOwn) + containers
            let wishes = best.lazy.compactMap { ComposeWishes(labels: $0.labels)?.withoutOverrides }.first
            guard !name.isEmpty, let wishes else { return nil }
            return RunningProject(wishes: wishes, services: Set(containers.filter(isOwn).map(\.service)))
        }
    }

    /// A profile for each of its services that is there under one only; labels do not tell.
    func profiles() async throws(Fault) -> [String] {
        let tool = try ComposeTool()
        let files = try ComposeFiles(wishes, environment: tool.variables)
        let command = ComposeCommand(
            projectName: wishes.projectName, directory: files.directory, folder: wishes.folder, files: files.files,
            envFiles: files.envFiles, profiles: ["*"], verb: ["config", "--format", "json"])
        let config = try await tool.config(command, Permit(fence: ComposeGround.NoLock(), isInterrupted: { false }))
        return Set(services.compactMap { config.services[$0]?.profiles.first }).sorted()
    }
}

extension ComposeWishes {
    /// The same without what a run that is under way has added.
    fileprivate var withoutOverrides: ComposeWishes? {
        var wishes = self
        wishes.files = files.filter { !$0.contains("/\(ComposeStore.folderName)/") }
        return wishes.files.isEmpty ? nil : wishes
    }
}

/// The engine of this machine, as docker would find it.
enum ComposeEngine {
    static func found() throws(Fault) -> Engine {
        let environment = ProcessInfo.processInfo.environment
        let address = try EngineAddress(environment: environment, home: environment["HOME"] ?? "/")
        guard address.isOnThisMachine else { throw .remoteEngine(address.text) }
        return Engine(address)
    }

    /// The containers of a project, those that do not run too; without a name those of all projects that run.
    static func containers(project: String? = nil) async throws(Fault) -> [EngineContainer] {
        let label = "com.docker.compose.project"
        return try await found().containers(labels: [project.map { "\(label)=\($0)" } ?? label], all: project != nil)
    }
}

extension Fault {
    static func noSuchProject(_ name: String, folder: String) -> Fault {
        Fault(
            .missing, "There is no Compose project \(name).",
            why: "\(folder) has no file of a project, and no container bears the labels of one of that name",
            remedy: "see those that there are with `docker compose ls --all`, or name its files with -f")
    }

    static func manyProjects(_ projects: [RunningProject]) -> Fault {
        Fault(
            .refused,
            "More than one project with Open WebUI runs here: \(projects.map(\.name).joined(separator: ", ")).",
            why: "this folder holds none, and none was named",
            remedy: projects.map { "`owui-upgrade plan --to VERSION --project-name \($0.name.shellWord)`" }
                .joined(separator: " or "))
    }
}
