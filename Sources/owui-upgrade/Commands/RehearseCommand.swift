import ArgumentParser
import Simulator
import UpgradeCore

struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Run an upgrade by the real rules on a simulated deployment.",
        discussion: """
            Nothing real is touched. A seed decides what goes wrong: crashes of this tool, a slow platform, a person who \
            interferes, a migration that fails; the same seed is the same run. Seed 0 is a run without trouble. With \
            --runs as many runs as asked are made, each with a deployment and a trouble of its own, and the promises are \
            checked in all of them.
            """)

    @OptionGroup var options: PlanOptions

    @Option(help: "What goes wrong; 0 for nothing.")
    var seed: UInt64 = 0

    @Option(help: "Make this many runs, seed after seed, and print what they came to.")
    var runs: UInt64?

    @Option(help: "How to print one run: text for people, json for machines (one object a line).")
    var output: OutputForm = .text

    func validate() throws {
        guard options.to != nil || runs != nil else {
            throw ValidationError("Missing expected argument '--to <version>' (or '--runs <number>')")
        }
    }

    func run() async throws {
        try await output.explained {
            if let runs { return await report(seed..<seed + runs) }
            var wishes = try options.over(Wishes())
            if wishes.backup == nil { wishes.backup = .pgDump(folder: "/backups") }
            let plan = try wishes.plan(backups: "/backups")
            let reporter = output.reporter()
            let ending = await Rehearsal.run(plan: plan, seed: seed, audience: reporter)
            for violation in ending.violations { Stream.error("Broken promise: \(violation)\n") }
            if output == .text { Stream.out("The rehearsal ended as: \(ending.end.map { "\($0)" } ?? "unfinished")\n") }
            return ending.violations.isEmpty ? .asAsked : .toolFailed
        }
    }

    private func report(_ seeds: Range<UInt64>) async -> Exit {
        let report = await Simulation.run(seeds: seeds)
        Stream.out("\(report)\n")
        return report.violations.isEmpty ? .asAsked : .toolFailed
    }
}
