import ArgumentParser
import Simulator
import UpgradeCore

struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Run an upgrade by the real rules on a simulated deployment.",
        discussion: """
            Nothing real is touched. A seed decides what goes wrong: crashes of this tool, a slow platform, a person who \
            interferes, a migration that fails; the same seed is the same run, and its times are simulated. Seed 0 is a \
            run without trouble. It ends with the exit code of such a run, and with 1 where a promise is broken. With \
            --runs as many runs as asked are made, each with a deployment, a plan and a trouble of its own, and the \
            promises are checked in all of them.
            """)

    @OptionGroup var options: PlanOptions

    @Option(help: "What goes wrong; 0 for nothing.")
    var seed: UInt64 = 0

    @Option(help: "Make this many runs, seed after seed, and print what they came to.")
    var runs: UInt64?

    @Option(help: "How to print: text for people, json for machines (one object a line).")
    var output: OutputForm = .text

    func validate() throws {
        guard let runs else {
            guard options.to != nil else {
                throw ValidationError("Missing expected argument '--to <version>' (or '--runs <number>')")
            }
            return
        }
        guard runs > 0 else { throw ValidationError("--runs must be at least 1") }
        guard options.areEmpty else {
            throw ValidationError("--runs draws a plan for each run: leave out --to and what goes with it")
        }
        guard !seed.addingReportingOverflow(runs).overflow else {
            throw ValidationError("--runs \(runs) from --seed \(seed) on goes beyond the last seed, \(UInt64.max - 1)")
        }
    }

    func run() async throws {
        try await output.explained {
            if let runs { return await report(seed..<seed + runs) }
            let wishes = try options.over(Wishes())
            let setup = try Setup(rehearsing: try wishes.plan(backups: "/backups"))
            return try await rehearse(Rehearsal(setup, seed: seed))
        }
    }

    private func report(_ seeds: Range<UInt64>) async -> Exit {
        let report = await Simulation.run(seeds: seeds)
        if output == .json { JSONText.line(report.value) } else { Stream.out("\(report)\n") }
        return report.broken == 0 && report.emptyCells.isEmpty ? .asAsked : .toolFailed
    }

    private func rehearse(_ rehearsal: Rehearsal) async throws(Fault) -> Exit {
        let time: @Sendable () -> String = { WallClock.text(simulated: rehearsal.now) }
        let reporter = output.reporter(time: time)
        introduce(rehearsal.scenario)
        let ending = await rehearsal.run(audience: reporter)
        for violation in ending.violations { tell(violation) }
        guard ending.end != nil else { return .toolFailed }
        let exit = try conclude(ending.journal, reporter)
        return ending.violations.isEmpty ? exit : .toolFailed
    }

    private struct Introduction: Encodable {
        struct Simulated: Encodable {
            let seed: UInt64
            let deployment: [String]
            let trouble: [String]
        }

        let simulated: Simulated
    }

    private func introduce(_ scenario: Scenario) {
        let (deployment, orders) = (scenario.deployment, scenario.orders)
        if output == .json {
            let simulated = Introduction.Simulated(seed: seed, deployment: deployment, trouble: orders)
            return JSONText.line(Introduction(simulated: simulated))
        }
        let lines =
            ["Simulated deployment"] + deployment.map { "  \($0)" } + ["Trouble, by seed \(seed)"]
            + (orders.isEmpty ? ["none"] : orders).map { "  \($0)" }
        Stream.error(lines.joined(separator: "\n") + "\n\n")
    }

    private struct Broken: Encodable {
        let violation: Violation
    }

    private func tell(_ violation: Violation) {
        if output == .json { return JSONText.line(Broken(violation: violation)) }
        Stream.error("A promise is broken: \(violation.told)\n")
    }

    /// Says how the run ended as a real one says it.
    private func conclude(_ events: [Event], _ reporter: any Reporter) throws(Fault) -> Exit {
        let upgrade = try folded(events[...])
        let exit: Exit
        switch upgrade.next {
        case .finish(.givenUp) where try folded(events.dropLast()).next == .ask:
            exit = .refused
            reporter.fail(.declined(), exit)
        case .finish(let outcome):
            exit = Exit(outcome)
            reporter.conclude(
                Conclusion(exit: exit, upgrade: upgrade, ending: .success(.finished(outcome)), journal: ""))
        case .hold(let hold):
            exit = .held
            reporter.conclude(Conclusion(exit: exit, upgrade: upgrade, ending: .success(.held(hold)), journal: ""))
        case .perform, .watch, .ask: exit = .toolFailed
        }
        if output == .text { Stream.out("A real run would have ended with exit code \(exit.rawValue).\n") }
        return exit
    }

    private func folded(_ events: ArraySlice<Event>) throws(Fault) -> Upgrade {
        do { return try Upgrade(replaying: Array(events)) } catch {
            throw .journalDoesNotFold("of the rehearsal", why: error.description)
        }
    }
}
