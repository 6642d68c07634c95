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
    /// Seconds between a platform's word to end and its kill.
    var stopGrace = 10
    var words = ["--to", "v0.12.4", "--yes"]
    var exit: Int32 = 0
    /// It is waiting that takes its time: such a one is played beside those that take turns.
    var isMostlyWaiting = false

    static let all = [
        // It takes longest, so it begins first. Swarm's own update starts the new one a minute after it has told the old.
        Scenario(
            testDescription: "an old instance that takes longer than a minute to end", replicas: 1,
            environment: ["STAND_IN_SLOW_STOP": "0.6.43:75"], stopGrace: 100, isMostlyWaiting: true),
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

/// The same deployment on each platform.
extension Scenario {
    var local: Playground.Shape {
        Playground.Shape(
            replicas: replicas, workers: workers, companion: companion, environment: environment, stopGrace: stopGrace)
    }

    // Where the platform itself would start again what ended, it would be another scenario.
    var compose: ComposeSite.Shape {
        ComposeSite.Shape(
            replicas: replicas, workers: workers, companion: companion, environment: environment, stopGrace: stopGrace,
            restart: "no")
    }

    var swarm: SwarmSite.Shape {
        SwarmSite.Shape(
            replicas: replicas, workers: workers, companion: companion, environment: environment, stopGrace: stopGrace,
            restart: "none")
    }
}
