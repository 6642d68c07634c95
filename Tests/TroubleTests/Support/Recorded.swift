import Glibc

/// The tool at work, with what it says in a file that can be read meanwhile.
struct Recorded: Sendable {
    let process: ChildProcess
    private let folder: String
    private var file: String { "\(folder)/said" }

    init(_ words: [String], in folder: String, _ environment: [String: String]) throws {
        self.folder = folder
        let line = "exec \"$@\" >>\"$0\" 2>&1"
        process = try ChildProcess("/bin/sh", ["-c", line, "\(folder)/said", Workshop.tool] + words, environment)
    }

    func said() throws -> String { try Files.read(file) }

    /// Returns when it has said one of these, or has ended.
    func says(anyOf texts: [String]) async throws {
        let (folder, file, process) = (folder, file, process)
        try await offThePool {
            let changes = Changes(below: folder)
            while process.isRunning {
                changes.listen()
                let said = try Files.read(file)
                if texts.contains(where: said.contains) { return }
                changes.wait()
            }
        }
    }

    /// Its exit code, once it has ended.
    func end() async throws -> Int32 { try await process.end().exit }
}

/// A Compose that does what it is told before its first `up`, and is the real one for the rest. Docker finds it as its
/// plugin, and whoever calls the plugin by itself finds the same.
struct InterruptedCompose: Sendable {
    /// What DOCKER_CONFIG has to be for it to be found.
    let configuration: String

    /// - Parameter line: of shell
    init(in folder: String, doing line: String) throws {
        configuration = "\(folder)/docker"
        try Files.makeFolder(configuration)
        try Files.makeFolder("\(configuration)/cli-plugins")
        try Files.write(
            """
            #!/bin/sh
            case " $* " in *" up "*)
                if mv "\(folder)/armed" "\(folder)/taken" 2>/dev/null; then \(line); fi ;;
            esac
            for place in /usr/local/lib /usr/local/libexec /usr/lib /usr/libexec; do
                plugin=$place/docker/cli-plugins/docker-compose
                [ ! -x "$plugin" ] || exec "$plugin" "$@"
            done
            exit 69
            """, to: "\(configuration)/cli-plugins/docker-compose", mode: 0o755)
        try Files.write("", to: "\(folder)/armed")
    }
}
