import Glibc

/// What all tests of this process share: the built programs, a folder that vanishes with the process, and
/// installations of the versions, made once.
enum Workshop {
    static let tool = beside("owui-upgrade")
    static let standIn = beside("open-webui-stand-in")

    /// Everything that tests make lies in here. A guardian removes it when this process ends, however it ends, and
    /// kills what was started from it.
    static func root() throws -> String { try made.get() }

    private static let made = Result { try makeRoot() }

    /// The programs are built beside the test bundle.
    private static func beside(_ name: String) -> String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        let own = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/\(name)"
    }

    private static func makeRoot() throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let template = strdup("\(parent)/owui-command-tests.XXXXXX") else { throw Trouble("no memory is left") }
        defer { free(template) }
        guard mkdtemp(template) != nil, let real = realpath(template, nil) else {
            throw Trouble("cannot make a folder in \(parent)")
        }
        defer { free(real) }
        let root = String(cString: real)
        try startGuardian(of: root)
        return root
    }

    /// It waits for the end of a pipe whose other end is only in this process.
    private static func startGuardian(of root: String) throws {
        let pipe = try Pipe()
        defer { close(pipe.read) }
        let script = """
            trap '' INT TERM HUP
            cat >/dev/null
            for process in /proc/[0-9]*; do
                if grep -qsa "OWUI_UPGRADE_GROUP=$1/" "$process/environ"; then kill -9 "${process#/proc/}"; fi
            done 2>/dev/null
            rm -rf "$1"
            """
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe.read, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // In a session of its own, so that a terminal's signals do not reach it.
        let command = ["/usr/bin/setsid", "/bin/bash", "-c", script, "guardian", root]
        let words = command.map { strdup($0) }
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/usr/bin/setsid", &actions, nil, words + [nil], environ) == 0 else {
            throw Trouble("cannot start a guardian")
        }
    }

    /// The command of a group whose versions all lie in the shared folder; they are made at the first use.
    static func command(for versions: [String]) async throws -> String {
        for version in versions { try await installations.make(version) }
        return "\(try root())/opt/{version}/bin/open-webui serve --host {host} --port {port}"
    }

    /// Does work on a deployment when its turn comes: three at a time are what two cores bear. A part of such work has its
    /// turn already.
    static func inTurn<Value>(_ work: () async throws -> Value) async throws -> Value {
        if hasTurn { return try await work() }
        await turns.enter()
        let result: Result<Value, any Error>
        do { result = .success(try await outOfTurn(work)) } catch { result = .failure(error) }
        await turns.leave()
        return try result.get()
    }

    /// Does work that waits for no turn: it mostly waits by itself, or its parts wait for each other.
    static func outOfTurn<Value>(_ work: () async throws -> Value) async throws -> Value {
        try await $hasTurn.withValue(true) { try await work() }
    }

    @TaskLocal private static var hasTurn = false

    private static let turns = Turnstile(3)
    private static let installations = Installations()

    private actor Installations {
        private var made: [String: Task<Void, any Error>] = [:]

        func make(_ version: String) async throws {
            let task = made[version] ?? Task { try await Self.install(version) }
            made[version] = task
            try await task.value
        }

        private static func install(_ version: String) async throws {
            let arguments = ["install", "--version", version, "--into", "\(try Workshop.root())/opt/\(version)"]
            let made = try await ChildProcess.run(Workshop.standIn, arguments)
            guard made.exit == 0 else { throw Trouble("cannot install \(version): \(made.story)") }
        }
    }
}
