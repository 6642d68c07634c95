import ArgumentParser
import ReleaseKnowledge
import UpgradeCore

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what an upgrade would do, and whether it could be made; change nothing.")

    @OptionGroup var options: PlanOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws { try options.expectTarget(deployment) }

    func run() async throws {
        try await deployment.opened(options) { opened in
            let site = opened.site
            let plan = try opened.wishes.plan(backups: site.backups)
            if let newest = try await site.runs.newest(), newest.upgrade.isUnfinished {
                throw Fault.unfinishedRun(newest.id, target: newest.upgrade.plan.target, asked: nil)
            }
            let first = Event.started(run: "plan", plan: plan, tool: Program.version, by: User.name)
            let upgrade: Upgrade
            do { upgrade = try Upgrade(first) } catch { throw Fault.journalDoesNotFold("plan", why: "\(error)") }
            var driver = Driver(
                upgrade, journal: NoJournal(), backend: site.backend, database: site.database, clock: opened.clock,
                audience: NoAudience())
            let ending = try await driver.drive()
            return await report(ending, driver.upgrade, opened)
        }
    }

    private func report(
        _ ending: Driver<NoJournal>.Ending, _ upgrade: Upgrade, _ opened: Opened
    ) async -> Exit {
        let text = PlanText(upgrade, sizes: await opened.site.sizes())
        let address = opened.address
        switch ending {
        case .finished(.refused(let faults)):
            if deployment.output == .json {
                JSONText.line(PlanText.Refusal(refused: faults.map(address.completed)))
            } else {
                let told = ["This upgrade would be refused."] + faults.map { address.completed($0).told }
                Stream.error(told.joined(separator: "\n") + "\n")
            }
            return .refused
        case .finished:
            if deployment.output == .json {
                JSONText.line(text.value)
            } else {
                Stream.out("Nothing to do: everything is already as asked.\n")
            }
            return .asAsked
        case .interrupted: return .interrupted
        case .asks, .held:
            if deployment.output == .json {
                JSONText.line(text.value)
            } else {
                Stream.out(address.completed(text.text) + "\n")
            }
            return .asAsked
        }
    }
}

/// Nobody listens: a plan reports at its end.
struct NoAudience: Audience {
    func hear(_ event: Event, of upgrade: Upgrade) {}
    func see(_ observation: Observation, of upgrade: Upgrade) {}
}
