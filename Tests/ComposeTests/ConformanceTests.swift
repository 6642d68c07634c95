import Testing

/// What has to come of an upgrade wherever the deployment runs.
struct Scenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var replicas = 3
    /// `UVICORN_WORKERS`; nil where it is not set.
    var workers: String?
    /// Replicas of a second workload on the same database; nil where there is none.
    var companion: Int?
    /// Orders for trouble.
    var environment: [String: String] = [:]
    var words = ["--to", "v0.12.4", "--yes"]
    var exit: Int32 = 0

    static let all = [
        Scenario(testDescription: "three replicas"),
        Scenario(
            testDescription: "two replicas of two workers, and a companion", replicas: 2, workers: "2", companion: 1),
        Scenario(
            testDescription: "all stopped at once", replicas: 2,
            words: [
                "--to", "v0.12.4", "--yes", "--strategy", "stop-all", "--backup", "none", "--acknowledge-no-backup",
            ]),
        Scenario(
            testDescription: "a migration that fails", replicas: 2,
            environment: ["STAND_IN_FAIL_MIGRATION": "0.12.4:1"], exit: 3),
        Scenario(
            testDescription: "a target that ends at once", replicas: 2,
            environment: ["STAND_IN_EXIT_AT_ONCE": "0.12.4:3"], exit: 3),
        Scenario(
            testDescription: "an old instance that takes its time to end", replicas: 2,
            environment: ["STAND_IN_SLOW_STOP": "0.6.43:3"]),
    ]

    var version: String { exit == 0 ? "0.12.4" : "0.6.43" }
    var revision: String { exit == 0 ? "0bd252b206fb" : "c440947495f3" }
}

/// One suite for every platform: the same scenarios, the same events, the same promises.
@Suite(.tags(.postgres, .engine))
struct `The same upgrade on every platform` {
    @Test(arguments: Scenario.all)
    func `leaves the same events in its journal, and keeps what it promises`(_ scenario: Scenario) async throws {
        let local = try await Workshop.inTurn {
            try await Playground.play(
                Playground.Shape(
                    replicas: scenario.replicas, workers: scenario.workers, companion: scenario.companion,
                    environment: scenario.environment), scenario.testDescription
            ) { try await played(scenario, on: $0) }
        }
        let compose = try await Workshop.inTurn {
            try await ComposeSite.play(
                ComposeSite.Shape(
                    replicas: scenario.replicas, workers: scenario.workers, companion: scenario.companion,
                    environment: scenario.environment, restart: "no"), scenario.testDescription
            ) { try await played(scenario, on: $0) }
        }
        #expect(compose == local)
    }

    /// The events of a run that ended as it had to.
    private func played(_ scenario: Scenario, on arena: any Arena) async throws -> [String] {
        try await arena.begin()
        let run = try await arena.run(scenario.words, environment: [:], signal: nil)
        #expect(run.exit == scenario.exit, "\(type(of: arena)): \(run.story)")
        #expect(try await arena.complaint() == nil, "\(type(of: arena))")
        #expect(try await arena.revision() == scenario.revision)
        #expect(try await arena.serving() == Array(repeating: scenario.version, count: scenario.replicas))
        if let companion = scenario.companion {
            #expect(try await arena.companionServing() == Array(repeating: scenario.version, count: companion))
        }
        return try await arena.events()
    }
}
