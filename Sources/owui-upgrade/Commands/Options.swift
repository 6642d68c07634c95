import ArgumentParser
import Glibc
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

    @Option(name: .customLong("plan"), help: "A plan file in YAML.")
    var planFile: String?

    @Option(help: "How to print: text for people, json for machines (one object a line).")
    var output: OutputForm = .text

    /// The wishes of the plan file, with the group that the command line names.
    func wishes() throws(Fault) -> Wishes {
        var wishes = Wishes()
        wishes.group = group
        guard let planFile else { return wishes }
        return wishes.over(try Wishes(planFile: planFile))
    }

    /// Who is told; on a terminal people see the run live.
    func reporter() -> any Reporter {
        switch output {
        case .json: JSONReporter()
        case .text: isatty(STDERR_FILENO) == 1 ? LiveReporter() : TextReporter()
        }
    }
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
        if let backup { wishes.backup = try Wishes.backup(named: backup) }
        if acknowledgeNoBackup { wishes.acknowledgesNoBackup = true }
        return wishes.over(other)
    }

    mutating func validate() throws {
        if let replicas, replicas < 1 { throw ValidationError("--replicas must be at least 1") }
    }
}

extension Plan.Strategy: ExpressibleByArgument {}

/// Whether the first change is asked for.
struct ConsentOptions: ParsableArguments {
    @Flag(name: [.long, .short], help: "Change the deployment without asking.")
    var yes = false

    /// How to ask, with these words.
    func consent(_ question: @escaping (Upgrade) -> String) -> Consent {
        if yes { return .given }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return .impossible }
        return .asked { upgrade in
            Stream.error(question(upgrade) + " [y/N] ")
            let answer = readLine() ?? ""
            return ["y", "yes"].contains(answer.lowercased())
        }
    }
}

extension ParsableCommand {
    /// Does a command's work. A fault that reaches this place came before anything was changed: it is printed, and the
    /// process ends with the exit code that says so.
    func explained(_ output: OutputForm = .text, _ work: () async throws -> Exit) async throws {
        let exit: Exit
        do { exit = try await work() } catch let fault as Fault {
            exit = Exit(beforeAnyChange: fault)
            (output == .json ? JSONReporter() as any Reporter : TextReporter()).fail(fault, exit)
        }
        if exit != .asAsked { throw ExitCode(exit.rawValue) }
    }
}
