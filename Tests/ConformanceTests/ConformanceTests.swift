import Testing

/// One suite for every platform: the same scenarios, the same events, the same promises.
@Suite(.tags(.postgres, .engine))
struct `The same upgrade on every platform` {
    @Test(arguments: Scenario.all)
    func `leaves the same events in its journal, and keeps what it promises`(_ scenario: Scenario) async throws {
        async let local = inTurn(scenario) {
            try await Playground.play(scenario.local) { try await played(scenario, on: $0) }
        }
        async let compose = inTurn(scenario) {
            try await ComposeSite.play(scenario.compose) {
                try await played(scenario, on: $0)
            }
        }
        async let swarm = inTurn(scenario) {
            try await SwarmSite.play(scenario.swarm) { try await played(scenario, on: $0) }
        }
        let expected = try await local
        #expect(try await compose == expected)
        #expect(try await swarm == expected)
    }

    private func inTurn(_ scenario: Scenario, _ work: () async throws -> [String]) async throws -> [String] {
        scenario.isMostlyWaiting ? try await Workshop.outOfTurn(work) : try await Workshop.inTurn(work)
    }

    /// The events of a run that ended as it had to.
    private func played(_ scenario: Scenario, on arena: any Arena) async throws -> [String] {
        let platform = "\(type(of: arena))"
        try await arena.begin()
        let run = try await arena.run(scenario.words, environment: [:], signal: nil)
        #expect(run.exit == scenario.exit, "\(platform): \(run.story)")
        #expect(try await arena.complaint() == nil, "\(platform)")
        #expect(try await arena.revision() == scenario.revision, "\(platform)")
        let serving = try await arena.serving()
        #expect(serving == Array(repeating: scenario.version, count: scenario.replicas), "\(platform)")
        if let companion = scenario.companion {
            let serving = try await arena.companionServing()
            #expect(serving == Array(repeating: scenario.version, count: companion), "\(platform)")
        }
        return try await arena.events()
    }
}
