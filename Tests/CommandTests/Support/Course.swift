import Testing
import UpgradeCore

/// A way that a run takes, whose end is the same however often it is killed.
struct Course: Sendable, CustomTestStringConvertible {
    /// Everything that can be seen of a deployment when a run is over.
    struct End: Equatable {
        var exit: Int32
        var serving: [String]
        var companion: [String] = []
        var revision: String?
        var settings: [String: Settings]
        /// How many processes each instance has.
        var processes: [Int]
        var outcome: String
        /// What the witness has seen that must not be.
        var complaint: String?
        /// Commands that failed or changed something although all was over.
        var surprises: [String] = []
    }

    let testDescription: String
    var shape = Playground.Shape()
    var arguments = ["--to", "v0.12.4", "--yes"]
    var goesBack = false

    static let straight = Course(testDescription: "three instances")
    static let replacing = Course(
        testDescription: "two instances of two workers, and a companion",
        shape: Playground.Shape(replicas: 2, workers: "2", companion: 1))
    static let stopAll = Course(
        testDescription: "all stopped at once", shape: Playground.Shape(replicas: 2),
        arguments: [
            "--to", "v0.12.4", "--yes", "--strategy", "stop-all", "--backup", "none", "--acknowledge-no-backup",
        ])
    static let back = Course(
        testDescription: "a migration that fails",
        shape: Playground.Shape(environment: ["STAND_IN_FAIL_MIGRATION": "0.12.4:1"]), goesBack: true)

    /// How it has to end.
    var end: End {
        let version = goesBack ? "0.6.43" : "0.12.4"
        let pool = shape.companion ?? 0
        let settings = Settings(
            image: version, replicas: shape.replicas, workers: shape.workers, migrations: shape.migrations)
        let each = shape.workers.flatMap { Int($0) }.map { $0 + 1 } ?? 1
        return End(
            exit: goesBack ? 3 : 0, serving: Array(repeating: version, count: shape.replicas),
            companion: Array(repeating: version, count: pool), revision: goesBack ? "c440947495f3" : "0bd252b206fb",
            settings: ["chat": settings].merging(pool > 0 ? ["pool": settings.with(replicas: pool)] : [:]) { $1 },
            processes: Array(repeating: each, count: shape.replicas + pool),
            outcome: goesBack ? "rolledBack" : "upgraded")
    }

    func run(
        _ playground: Playground, environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await playground.run(arguments, environment: environment, signal: signal)
    }

    /// Looks at everything after a run has ended with that exit code.
    func end(of playground: Playground, exit: Int32) async throws -> End {
        let living = playground.living()
        var end = End(
            exit: exit, serving: try await playground.serving(), companion: try await playground.companionServing(),
            revision: try await playground.revision(), settings: try await playground.settings(),
            processes: Dictionary(grouping: living, by: \.instance).values.map(\.count).sorted(),
            outcome: "", complaint: try await playground.complaint())
        let status = try await playground.run("status", "--output", "json")
        let outcome = status.out.split(separator: "\"outcome\":{\"").dropFirst().first?.prefix { $0 != "\"" }
        end.outcome = outcome.map(String.init) ?? status.story
        if status.out.contains("\"lock\":{") { end.surprises.append("there is still a lock: \(status.out)") }
        for command in ["history", "log"] {
            let read = try await playground.run(command)
            if read.exit != 0 || !read.error.isEmpty { end.surprises.append("\(command): \(read.story)") }
        }
        guard !goesBack else { return end }
        let again = try await run(playground)
        if again.exit != 0 || playground.living() != living { end.surprises.append("again: \(again.story)") }
        return end
    }
}
