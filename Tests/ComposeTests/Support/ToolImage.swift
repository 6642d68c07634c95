/// The container image of the program, made of the built one as `scripts/tool-image` makes it.
enum ToolImage {
    private static let name = "owui-upgrade-under-test:latest"

    private static let made = Task {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let environment = ["OWUI_TEST_ENGINE": try TestEngine.address(), "OWUI_TOOL": Workshop.tool]
        let made = try await ChildProcess.run("/\(root)/scripts/tool-image", [name], environment)
        guard made.exit == 0 else { throw Trouble("no image of the program: \(made.story)") }
    }

    /// Runs the program in a container as README says: in the network of the engine's machine, with its socket and, where
    /// there is one, with a folder at its own place.
    static func run(
        _ words: [String], in folder: String? = nil, network: String = "host", volumes: [String] = []
    ) async throws -> Finished {
        try await made.value
        let socket = try TestEngine.address().dropFirst("unix://".count)
        var options = ["--rm", "--network", network, "--volume", "\(socket):/var/run/docker.sock"]
        if let folder { options += ["--volume", "\(folder):\(folder)", "--workdir", folder] }
        options += volumes.flatMap { ["--volume", $0] }
        return try await TestEngine.ask(["run"] + options + [name] + words)
    }
}
