import FoundationEssentials
import UpgradeCore

@testable import owui_upgrade

/// A deployment of the stand-in to be played with, on whichever platform.
protocol Arena: Witnessed, Sendable {
    /// Brings up what its shape says, and returns when all serve.
    func begin() async throws
    /// Runs the tool on it.
    func run(
        _ words: [String], environment: [String: String], signal: ChildProcess.Signal?
    ) async throws -> Finished
    /// The versions that answer, one for each instance.
    func serving() async throws -> [String]
    func companionServing() async throws -> [String]
}

extension Playground: Arena {
    func begin() async throws { try await up() }
}

extension ComposeSite: Arena {
    func begin() async throws { try await up() }
    func serving() async throws -> [String] { try await serving(Self.service) }
    func companionServing() async throws -> [String] { try await serving(Self.companion) }
}

extension SwarmSite: Arena {
    func begin() async throws { try await up() }
    func companionServing() async throws -> [String] { try await serving(companion) }
}

/// A line of `owui-upgrade log --output json`.
private struct LoggedLine: Decodable { let event: Event }

extension Arena {
    func run(_ words: String..., environment: [String: String] = [:]) async throws -> Finished {
        try await run(words, environment: environment, signal: nil)
    }

    /// What the newest run's journal holds, each event in a few words. What is noticed on the way differs from run to run,
    /// and what is paused from platform to platform.
    func events() async throws -> [String] {
        let log = try await run("log", "--output", "json")
        guard log.exit == 0 else { throw Trouble(log.story) }
        var labels: [String] = []
        var isPausing = false
        for line in log.out.split(separator: "\n") {
            let event = try JSONDecoder().decode(LoggedLine.self, from: Data(line.utf8)).event
            switch event {
            case .noticed, .judged(.quiet, _), .judged(.automated, _): continue
            case .began(.pause), .began(.resumeAutomation): isPausing = true
            case .ended where isPausing: isPausing = false
            case .judged(let goal, let verdict): labels.append("\(goal.rawValue): \(Self.name(verdict))")
            default: labels.append(event.label)
            }
        }
        return labels
    }

    private static func name(_ verdict: Verdict) -> String {
        switch verdict {
        case .reached: "reached"
        case .crashed: "crashed"
        case .missed: "missed"
        case .interfered: "interfered"
        }
    }
}
