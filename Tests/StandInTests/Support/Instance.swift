import Glibc
import Testing

@testable import open_webui_stand_in

/// A real process of the built stand-in, killed and reaped when the test lets go of it.
final class Instance {
    struct Unexpected: Error, CustomStringConvertible { let description: String }

    let pid: pid_t
    /// What it plays on, which must not be taken away before it.
    var site: AnyObject?
    private(set) var log = ""
    private let output: Int32
    private var status: Int32?

    /// The built binary, which lies beside the test bundle.
    static let binary: String = {
        let own = System.link("/proc/self/exe") ?? ""
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/open-webui-stand-in"
    }()

    init(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Unexpected(description: System.error) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let words = ([program] + arguments).map { strdup($0) }
        let kept = ["PATH", "HOME", "LD_LIBRARY_PATH"].compactMap { name in
            System.setting(name).map { "\(name)=\($0)" }
        }
        let settings = (kept + environment.map { "\($0.key)=\($0.value)" }).map { strdup($0) }
        defer { for text in words + settings { free(text) } }
        var pid: pid_t = 0
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of a concurrency pool block signals, and a process inherits what its maker blocks.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let failed = posix_spawn(&pid, program, &actions, &attributes, words + [nil], settings + [nil])
        close(ends[1])
        (self.pid, output) = (pid, ends[0])
        guard failed == 0 else { throw Unexpected(description: "\(program): \(String(cString: strerror(failed)))") }
    }

    deinit {
        // Not where it was never started: 0 would be this whole group of processes.
        if pid > 0, status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(output)
    }

    /// Reads what the process says until it has said this, and gives back all of it.
    @discardableResult func says(_ text: String, times: Int = 1) throws -> String {
        while log.split(separator: text, omittingEmptySubsequences: false).count <= times {
            guard try read() else { throw Unexpected(description: "it never said “\(text)” but:\n\(log)") }
        }
        return log
    }

    /// Where it answers; waits until it does.
    func port() throws -> UInt16 {
        try says("Application startup complete.")
        try says("Uvicorn running on http://127.0.0.1:")
        let tail = log.split(separator: "http://127.0.0.1:")[1]
        return UInt16(tail.prefix { $0.isNumber }) ?? 0
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end: the exit code, or 128 and the signal as a shell says it.
    func end() throws -> Int32 {
        while try read() {}
        guard let status else { throw Unexpected(description: "it has no end") }
        return status
    }

    func stop(_ number: Int32 = SIGTERM) throws -> Int32 {
        signal(number)
        return try end()
    }

    /// Takes in what it says; false when it has ended and all is read.
    ///
    /// The end is that of the process, not of its output, which another process may have inherited.
    private func read() throws -> Bool {
        for _ in 0..<3000 {
            let ended = hasEnded()
            var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, ended ? 0 : 20) > 0 {
                var bytes = [UInt8](repeating: 0, count: 65536)
                let count = Glibc.read(output, &bytes, bytes.count)
                if count > 0 {
                    log += String(decoding: bytes[..<count], as: UTF8.self)
                    return true
                }
                if !ended { poll(nil, 0, 1) }
            }
            if ended { return false }
        }
        throw Unexpected(description: "it went silent after:\n\(log)")
    }

    private func hasEnded() -> Bool {
        guard status == nil else { return true }
        var raw: Int32 = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return false }
        status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        return true
    }
}
