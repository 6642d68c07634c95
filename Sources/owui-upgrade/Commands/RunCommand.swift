import ArgumentParser
import UpgradeCore

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Upgrade the deployment, or go on with its unfinished upgrade (the default command).")

    @OptionGroup var options: PlanOptions
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var consent: ConsentOptions

    func validate() throws {
        guard options.to != nil || deployment.planFile != nil else {
            throw ValidationError("Missing expected argument '--to <version>' (or a '--plan <file>' that names it)")
        }
    }

    func run() async throws {
        let clock = RunClock()
        try await explained(deployment.output) {
            let wishes = try options.over(try deployment.wishes())
            let site = try await Site.open(wishes, clock: clock)
            let plan = try wishes.plan(backups: site.backups)
            let ask = consent.consent { upgrade in PlanText(upgrade).text + "\n\nGo ahead?" }
            return try await Conduct(site: site, clock: clock, reporter: deployment.reporter(), consent: ask)
                .concluded(.upgrade(plan))
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with the newest run: one that was interrupted, or one that holds.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var consent: ConsentOptions

    func run() async throws {
        let clock = RunClock()
        try await explained(deployment.output) {
            let site = try await Site.open(try deployment.wishes(), clock: clock)
            let ask = consent.consent { upgrade in PlanText(upgrade).text + "\n\nGo ahead?" }
            return try await Conduct(site: site, clock: clock, reporter: deployment.reporter(), consent: ask)
                .concluded(.resume)
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
        let clock = RunClock()
        try await explained(deployment.output) {
            let site = try await Site.open(try deployment.wishes(), clock: clock)
            guard let newest = try site.runs.newest() else { throw Fault.noRun() }
            let conduct = Conduct(site: site, clock: clock, reporter: deployment.reporter(), consent: .given)
            try await conduct.objection(to: .rollback(restore: restore), newest: newest)
            try confirm(newest.upgrade)
            return try await conduct.concluded(.rollback(restore: restore))
        }
    }

    private func confirm(_ upgrade: Upgrade) throws(Fault) {
        let loss = restore ? " Everything written since the backup is lost." : ""
        let question = "Stop every instance and go back to \(upgrade.source?.version ?? "the old version")?" + loss
        switch consent.consent({ _ in question }) {
        case .given: break
        case .impossible: throw .needsYes()
        case .asked(let ask): if !ask(upgrade) { throw .declined() }
        }
    }
}
