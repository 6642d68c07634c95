import ArgumentParser
import Glibc
import UpgradeCore
import Wire

/// The command line of `owui-upgrade`.
struct OWUIUpgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "owui-upgrade",
        abstract: "Upgrades a production Open WebUI from one version to the next, and never lets two versions meet.",
        discussion: """
            `owui-upgrade --to v0.12.4` looks at the deployment, says what it will do, asks, and does it: down to one \
            instance, swap at zero instances, backup, migrate, check, up again. Every step is journaled beside the \
            deployment; the same command goes on after any crash.

            Exit codes: 0 as asked, 1 the tool itself failed, 2 refused and unchanged, 3 went back, 4 holds and needs a \
            person, 5 belongs to another run, 6 left at a durable point by a signal, 64 wrong command line.
            """,
        version: "owui-upgrade \(Program.version)",
        subcommands: [
            RunCommand.self, PlanCommand.self, ResumeCommand.self, RollbackCommand.self, StatusCommand.self,
            HistoryCommand.self, LogCommand.self, UnlockCommand.self, RehearseCommand.self, ReleasesCommand.self,
            LocalCommand.self, BenchCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}

/// The entry of the program: it turns faults into the exit codes that tell the state of the deployment.
@main enum Program {
    /// The release of this program.
    static let version = "0.1.0"

    static func main() async {
        // The operator's own PGHOST must not fill what the application's configuration leaves open.
        PostgresSession.forgetEnvironment()
        // A reader that is gone is an error of the write, and not the end of a process that may be changing something.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try OWUIUpgrade.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            OWUIUpgrade.exit(withError: error)
        }
    }
}
