import ArgumentParser
import UpgradeCore

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Upgrade the deployment, or go on with its unfinished upgrade (the default command).")

    @OptionGroup var options: PlanOptions
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var consent: ConsentOptions

    func validate() throws { try options.expectTarget(deployment) }

    func run() async throws {
        try await deployment.opened(options) { opened in
            let plan = try opened.wishes.plan(backups: opened.site.backups)
            return try await opened.conclude(.upgrade(plan), consent.toPlan(opened))
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with the newest run: one that was interrupted, or one that holds.",
        discussion: """
            A run that holds because its instance does not become healthy waits for that same instance again. Settings \
            that were mended reach it only with --restart, which stops it and starts it anew.
            """)

    @Flag(help: "Start the instance anew that a held run waited for; its migration must be done.")
    var restart = false

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var consent: ConsentOptions

    func run() async throws {
        try await deployment.opened { opened in
            try await opened.conclude(restart ? .restart : .resume, consent.toPlan(opened))
        }
    }
}

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back to the version before the newest run.",
        discussion: """
            Without --restore this works as long as the schema is the old version's own. With --restore everything is \
            stopped, the backup of the run is put back, and the old version starts on it: what was written since the \
            backup is lost.
            """)

    @Flag(help: "Put the run's backup back; what was written since is lost.")
    var restore = false

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var consent: ConsentOptions

    func run() async throws {
        try await deployment.opened { opened in
            guard let newest = try await opened.site.runs.newest() else { throw Fault.noRun() }
            try await opened.conduct(.given).objection(to: .rollback(restore: restore), newest: newest)
            try await confirm(newest.upgrade, opened.clock)
            return try await opened.conclude(.rollback(restore: restore), .given)
        }
    }

    private func confirm(_ upgrade: Upgrade, _ clock: RunClock) async throws(Fault) {
        let loss = restore ? " Everything written since the backup is lost." : ""
        let question = "Stop every instance and go back to \(upgrade.source?.version ?? "the old version")?" + loss
        switch consent.consent(clock, { _ in question }) {
        case .given: break
        case .impossible: throw .needsYes()
        case .asked(let ask):
            switch await ask(upgrade) {
            case .yes: break
            case .no: throw .declined()
            case .interrupted(let signal): throw .questionInterrupted(signal)
            }
        }
    }
}
