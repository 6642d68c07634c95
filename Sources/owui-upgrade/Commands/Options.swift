import ArgumentParser
import Backends
import UpgradeCore

/// How results are printed.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// What every command that works on a deployment takes.
struct DeploymentOptions: ParsableArguments {
    @Option(
        name: .customLong("group"), help: "The folder of a local group; without it, this folder or OWUI_UPGRADE_GROUP.")
    var group: String?

    @OptionGroup var compose: ComposeOptions

    @OptionGroup var swarm: SwarmOptions

    @Option(name: .customLong("plan"), help: "A plan file in YAML.")
    var planFile: String?

    @Option(help: "How to print: text for people, json for machines (one object a line).")
    var output: OutputForm = .text

    /// The wishes of the plan file, with the deployment that the command line names.
    func wishes() throws(Fault) -> Wishes {
        var wishes = Wishes()
        wishes.group = group
        wishes.swarm = swarm.wishes
        guard let planFile else {
            wishes.compose = compose.wishes
            return wishes
        }
        let plan = try Wishes(planFile: planFile)
        if let other = plan.otherPlatform, compose.wishes != nil, !compose.nameProject {
            throw .notOfThePlan(planFile, isFor: other)
        }
        wishes.compose = compose.wishes(over: plan.compose)
        return wishes.over(plan)
    }
}

extension DeploymentOptions {
    /// One deployment is meant.
    mutating func validate() throws {
        if group != nil, compose.wishes != nil { throw ValidationError("--group and --compose name two deployments") }
        if swarm.wishes != nil, group != nil || compose.wishes != nil {
            throw ValidationError("--swarm and \(group == nil ? "--compose" : "--group") name two deployments")
        }
    }
}

/// Which Compose project is meant, in the words of `docker compose` itself.
struct ComposeOptions: ParsableArguments {
    @Option(
        name: .customLong("compose"),
        help: "A Compose project: the folder in which `docker compose` is typed. This folder, where it holds one.")
    var folder: String?

    @Option(name: [.customShort("f"), .customLong("file")], help: "A file of the project, as often as it has files.")
    var files: [String] = []

    @Option(help: "The folder that the project's paths count from.")
    var projectDirectory: String?

    @Option(name: [.customShort("p"), .long], help: "The project's name.")
    var projectName: String?

    @Option(name: .customLong("profile"), help: "A profile that is active, as often as there are.")
    var profiles: [String] = []

    @Option(name: .customLong("env-file"), help: "A file of variables other than .env, as often as there are.")
    var envFiles: [String] = []

    @Option(help: "The service that is Open WebUI, where its image does not say so.")
    var service: String?

    /// nil where nothing was said.
    var wishes: ComposeWishes? { wishes(over: nil) }

    /// Whether they say by themselves which project is meant.
    var nameProject: Bool { folder != nil || projectDirectory != nil || projectName != nil || !files.isEmpty }

    /// What was said, over what a plan says of the project; nil where nothing was said. A folder means another project than
    /// the plan's, of which the plan says nothing.
    func wishes(over plan: ComposeWishes?) -> ComposeWishes? {
        guard nameProject || service != nil || !(profiles + envFiles).isEmpty else { return nil }
        let base = folder.map { ComposeWishes(folder: $0) } ?? plan ?? ComposeWishes(folder: ".")
        return ComposeWishes(
            folder: base.folder, files: files.isEmpty ? base.files : files,
            projectDirectory: projectDirectory ?? base.projectDirectory, projectName: projectName ?? base.projectName,
            profiles: profiles.isEmpty ? base.profiles : profiles,
            envFiles: envFiles.isEmpty ? base.envFiles : envFiles, service: service ?? base.service)
    }
}

/// Which service of a swarm is meant.
struct SwarmOptions: ParsableArguments {
    @Option(
        name: .customLong("swarm"),
        help: "A service of the swarm whose manager docker speaks to, as `docker service ls` names it.")
    var service: String?

    /// nil where nothing was said.
    var wishes: SwarmWishes? { service.map { SwarmWishes(service: $0) } }
}

/// What an upgrade may be asked for on the command line; it wins over the plan file.
struct PlanOptions: ParsableArguments {
    @Option(help: "The version to upgrade to: v0.12.4, 0.12.4-cuda, main, sha256:…")
    var to: String?

    @Option(help: "How the old version goes: scale-to-one (default) or stop-all.")
    var strategy: Plan.Strategy?

    @Option(help: "How many replicas to end with; without it, as many as before.")
    var replicas: Int?

    @Option(help: "The backup at zero instances: pg_dump (default) or none.")
    var backup: String?

    @Flag(help: "Upgrade without a backup although the schema changes.")
    var acknowledgeNoBackup = false

    /// These options over those of a plan file.
    func over(_ other: Wishes) throws(Fault) -> Wishes {
        var wishes = Wishes()
        wishes.to = to
        wishes.strategy = strategy
        wishes.replicas = replicas
        if let backup {
            guard let known = Wishes.backup(named: backup) else { throw .wrongBackup(backup) }
            wishes.backup = known
        }
        if acknowledgeNoBackup { wishes.acknowledgesNoBackup = true }
        return wishes.over(other)
    }

    /// Whether nothing was asked for.
    var areEmpty: Bool {
        to == nil && strategy == nil && replicas == nil && backup == nil && !acknowledgeNoBackup
    }

    mutating func validate() throws {
        if let replicas, replicas < 1 { throw ValidationError("--replicas must be at least 1") }
    }

    /// Somebody must name the version.
    func expectTarget(_ deployment: DeploymentOptions) throws {
        guard to != nil || deployment.planFile != nil else {
            throw ValidationError("Missing expected argument '--to <version>' (or a '--plan <file>' that names it)")
        }
    }
}

extension Plan.Strategy: ExpressibleByArgument {}

/// Whether the first change is asked for.
struct ConsentOptions: ParsableArguments {
    @Flag(name: [.long, .short], help: "Change the deployment without asking.")
    var yes = false

    /// Asks with these words.
    func consent(_ clock: RunClock, _ question: @escaping (Upgrade) async -> String) -> Consent {
        if yes { return .given }
        guard Terminal.canAsk else { return .impossible }
        return .asked { upgrade in await Terminal.ask(await question(upgrade), clock) }
    }

    /// Asks with the plan before the first change of a run.
    func toPlan(_ opened: Opened) -> Consent {
        consent(opened.clock) { upgrade in
            opened.address.completed(PlanText(upgrade, sizes: await opened.site.sizes()).text) + "\n\nGo ahead?"
        }
    }
}
