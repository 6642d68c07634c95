import CProcess
import Glibc

/// A process that leads a session and a process group of its own, as instances do. All unsafe calls that start, signal
/// and reap processes are in this file.
struct ProcessGroup: Sendable {
    /// What is to be run.
    struct Launch: Sendable {
        var program: String
        var arguments: [String]
        var environment: [String: String]
        var directory: String
        /// Standard output and standard error are appended to it.
        var log: String
    }

    /// How a child ended, as far as this process could see it.
    enum Fate: Equatable {
        case lives
        case ended(String)
        /// Another process started it: its end cannot be asked for.
        case notOurs
    }

    let leader: Int32

    /// Starts a process in a session of its own: no terminal, no file but its log, no signal blocked or ignored.
    /// It outlives this process.
    static func spawn(_ launch: Launch) throws(Errno) -> ProcessGroup {
        let log = open(launch.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw Errno() }
        defer { close(log) }
        // Whoever started this program may have left files open: they end at the instance's exec.
        guard close_range(3, UInt32.max, Int32(CLOSE_RANGE_CLOEXEC)) == 0 else { throw Errno() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, log, 1)
        posix_spawn_file_actions_adddup2(&actions, log, 2)
        posix_spawn_file_actions_addchdir_np(&actions, launch.directory)
        var attributes = freshAttributes()
        defer { posix_spawnattr_destroy(&attributes) }
        let variables = launch.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let code = withCStrings(launch.arguments) { arguments in
            withCStrings(variables) { posix_spawn(&pid, launch.program, &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw Errno(code: code) }
        return ProcessGroup(leader: pid)
    }

    private static func freshAttributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = Int32(POSIX_SPAWN_SETSID) | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        return attributes
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }

    /// Sends a signal to every process of the group. One that is gone already is no error.
    func signal(_ number: Int32) { kill(-leader, number) }

    /// Sends a signal to one process.
    static func signal(_ pid: Int32, _ number: Int32) { kill(pid, number) }

    /// Asks for the end of the leader, without waiting, and lets the kernel forget it.
    func reap() -> Fate {
        var status = siginfo_t()
        guard waitid(P_PID, id_t(leader), &status, WNOHANG | WEXITED) == 0 else { return .notOurs }
        guard status.si_signo == SIGCHLD else { return .lives }
        let value = status._sifields._sigchld.si_status
        return .ended(status.si_code == CLD_EXITED ? "exit code \(value)" : "signal \(value)")
    }

    /// The `KEY=VALUE` entries of this process.
    static var ownEnvironment: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}
