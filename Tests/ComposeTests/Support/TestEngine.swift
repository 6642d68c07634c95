import FoundationEssentials
import Testing

@testable import open_webui_stand_in

extension Tag {
    /// Needs the Docker Engine that OWUI_TEST_ENGINE names; without it the test fails.
    @Tag static var engine: Self
}

/// The Docker Engine that tests run against.
enum TestEngine {
    /// Another engine, for what is played in this task; nil for the one that is shared.
    @TaskLocal static var other: String?

    static func address() throws -> String {
        if let other { return other }
        guard let address = System.setting("OWUI_TEST_ENGINE") else {
            throw Trouble("OWUI_TEST_ENGINE is not set: run the tests through scripts/with-engine")
        }
        return address
    }

    /// Runs `docker` with these words, whatever comes of it.
    static func ask(_ words: [String], _ environment: [String: String] = [:]) async throws -> Finished {
        let variables = ["DOCKER_HOST": try address()].merging(environment) { $1 }
        return try await ChildProcess.run("/usr/bin/env", ["docker"] + words, variables)
    }

    /// What `docker` says to these words, which must be understood.
    @discardableResult
    static func docker(_ words: [String]) async throws -> String {
        let said = try await ask(words)
        guard said.exit == 0 else { throw Trouble("docker \(words.joined(separator: " ")): \(said.story)") }
        return said.out
    }

    /// The words of what `docker` lists.
    static func list(_ words: [String]) async throws -> [String] {
        try await docker(words).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Removes everything that bears a project's name, whoever made it.
    static func clear(project: String) async throws {
        let label = "label=com.docker.compose.project=\(project)"
        for filter in [label, "name=\(project)"] {
            let listing = ["ls", "--all", "--quiet", "--filter", filter]
            try await remove("container", ["rm", "--force", "--volumes"], listing)
        }
        try await remove("network", ["rm"], ["ls", "--quiet", "--filter", "name=\(project)"])
        try await remove("volume", ["rm", "--force"], ["ls", "--quiet", "--filter", label])
    }

    private static func remove(_ kind: String, _ removal: [String], _ listing: [String]) async throws {
        let found = try await list([kind] + listing)
        guard !found.isEmpty else { return }
        try await docker([kind] + removal + found)
    }

    /// An address of this machine that is the same for it and for containers of every network: that of the engine's own
    /// bridge, which an engine that chose it by itself does not name, but is the first of its subnet.
    static func gateway() async throws -> String {
        let format = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}"
        let found = try await list(["network", "inspect", "bridge", "--format", format])
        guard let last = found.last else { throw Trouble("the engine has no bridge of its own") }
        guard found.count == 1, let point = last.lastIndex(of: ".") else { return found[0] }
        return last[..<point] + ".1"
    }
}
