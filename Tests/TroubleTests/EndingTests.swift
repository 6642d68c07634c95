import Testing

/// A target that does not come up, and what comes of its upgrade.
private struct Ending: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let trouble: (name: String, value: String)
    var restart = "unless-stopped"
    /// Lines of the service.
    var lines: [String] = []
    var plan = ""
    var exit: Int32 = 3
    /// What is said of it, and kept in the evidence.
    let reason: String

    private static let memory = "killed by the kernel because memory ran out"

    static let all = [
        Ending(
            testDescription: "it ends at once, again and again", trouble: ("STAND_IN_EXIT_AT_ONCE", "7"),
            reason: "the last time after: exit code 7"),
        Ending(
            testDescription: "it is killed for memory, again and again", trouble: ("STAND_IN_EAT_MEMORY", "256"),
            lines: ["mem_limit: 96m"], reason: "the last time after: \(memory)"),
        Ending(
            testDescription: "it is killed for memory, and not started again", trouble: ("STAND_IN_EAT_MEMORY", "256"),
            restart: "no", lines: ["mem_limit: 96m"], reason: memory),
        Ending(
            testDescription: "it is never ready", trouble: ("STAND_IN_NEVER_READY", "1"),
            plan: "deadlines: {healthy: 20}", exit: 4, reason: "is not well"),
    ]
}

@Suite(.tags(.postgres, .engine))
struct `A target on Compose that does not come up` {
    @Test(arguments: Ending.all)
    fileprivate func `is told of in the engine's words, and the deployment ends in a safe state`(
        _ ending: Ending
    ) async throws {
        let shape = ComposeSite.Shape(
            replicas: 2, environment: [ending.trouble.name: "0.12.4:\(ending.trouble.value)"], restart: ending.restart,
            lines: ending.lines)
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                try Files.write(ending.plan, to: "\(site.folder)/plan.yaml")
                let plan = ending.plan.isEmpty ? [] : ["--plan", "\(site.folder)/plan.yaml"]
                let run = try await site.run(["--to", "v0.12.4", "--yes"] + plan)
                #expect(run.exit == ending.exit, "\(run.story)")
                #expect(run.story.contains(ending.reason), "\(run.story)")
                #expect(try await site.complaint() == nil)
                let status = try await site.run("status")
                try await Secrets.expectNone(in: run.story + status.story, of: site)
                if ending.exit == 3 {
                    let evidence = try site.evidence()
                    #expect(evidence.contains(ending.reason), "\(evidence)")
                    try await site.expectEnd("0.6.43")
                } else {
                    try await mend(ending, site, status)
                }
            }
        }
    }

    /// The command that `status` names leads on.
    private func mend(_ ending: Ending, _ site: ComposeSite, _ status: Finished) async throws {
        #expect(status.story.contains("`owui-upgrade resume --restart --compose \(site.folder)`"), "\(status.story)")
        try await site.order([ending.trouble.name: "0.0.1:1"])
        let resumed = try await site.run("resume", "--restart")
        #expect(resumed.exit == 0, "\(resumed.story)")
        try await site.expectEnd("0.12.4")
    }
}

extension ComposeSite {
    /// What is kept of the containers of runs that went back.
    func evidence() throws -> String {
        let folder = "\(folder)/.owui-upgrade/evidence"
        return try Files.names(in: folder).map { try Files.read("\(folder)/\($0)/containers.txt") }.joined()
    }
}
