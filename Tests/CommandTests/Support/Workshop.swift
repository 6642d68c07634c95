import Glibc
import Synchronization

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
        let template = strdup("\(parent)/owui-command-tests.XXXXXX")
        defer { free(template) }
        guard let path = mkdtemp(template), let real = realpath(path, nil) else {
            throw Trouble("cannot make a folder")
        }
        defer { free(real) }
        let root = String(cString: real)
        try startGuardian(of: root)
        return root
    }

    /// It waits for the end of a pipe whose other end is only in this process.
    private static func startGuardian(of root: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Trouble("cannot make a pipe") }
        defer { close(ends[0]) }
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
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSID))
        defer { posix_spawnattr_destroy(&attributes) }
        let words = ["/bin/bash", "-c", script, "guardian", root].map { strdup($0) }
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/bin/bash", &actions, &attributes, words + [nil], environ) == 0 else {
            throw Trouble("cannot start a guardian")
        }
    }

    /// The command of a group whose versions all lie in the shared folder; they are made at the first use.
    static func command(for versions: [String]) async throws -> String {
        for version in versions { try await installations.make(version) }
        return "\(try root())/opt/{version}/bin/open-webui serve --host {host} --port {port}"
    }

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
