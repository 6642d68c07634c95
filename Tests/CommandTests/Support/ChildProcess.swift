import Glibc
import Synchronization

/// How a program ended.
struct Finished: Sendable {
    /// The exit code, or 128 and the signal as a shell says it.
    let exit: Int32
    let out: String
    let error: String
    /// When each line was read that it said, since its start.
    let lines: [Duration]
    let took: Duration

    static let killed = 128 + SIGKILL

    /// For the comment of an expectation.
    var story: String { "exit \(exit)\n\(out)\(error)" }
}

/// A program that runs beside the tests. It is read, waited for and reaped on a thread of its own.
final class ChildProcess: Sendable {
    /// A moment in a program's life at which it gets a signal.
    struct Signal: Sendable {
        enum Moment: Sendable {
            /// It has said this.
            case says(String)
            /// It has said so many lines, and then worked on for so many microseconds.
            case lines(Int, microseconds: Int)
        }

        let number: Int32
        let moment: Moment
    }

    let pid: pid_t
    private let out: Int32
    private let error: Int32
    private let isReaped = Atomic<Bool>(false)

    init(_ program: String, _ arguments: [String], _ environment: [String: String] = [:]) throws {
        let (out, error) = (try Pipe().withoutWaiting(), try Pipe().withoutWaiting())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out.write, 1)
        posix_spawn_file_actions_adddup2(&actions, error.write, 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = Self.unblocked()
        defer { posix_spawnattr_destroy(&attributes) }
        let words = ([program] + arguments).map { strdup($0) }
        let settings = Self.inherited.merging(environment) { $1 }.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in words + settings { free(text) } }
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, program, &actions, &attributes, words + [nil], settings + [nil])
        close(out.write)
        close(error.write)
        (self.pid, self.out, self.error) = (pid, out.read, error.read)
        guard failed == 0 else { throw Trouble("cannot start \(program): \(String(cString: strerror(failed)))") }
    }

    /// A child takes over what signals are blocked, and the threads that block for tests block them all.
    private static func unblocked() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        return attributes
    }

    /// A process that nobody has waited for is ended: a test that failed may have left it standing still.
    deinit {
        close(out)
        close(error)
        // Its number may be another's once it was waited for.
        guard !isReaped.load(ordering: .acquiring), pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    var isRunning: Bool {
        var information = siginfo_t()
        let isAsked = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0
        return isAsked && information.si_signo == 0
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Reads what it says until it ends, and gives it the signal at its moment. To be called once.
    func end(_ signal: Signal? = nil) async throws -> Finished {
        try await offThePool { try self.watch(signal) }
    }

    /// Runs a program to its end.
    static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String] = [:], _ signal: Signal? = nil
    ) async throws -> Finished {
        try await offThePool { try ChildProcess(program, arguments, environment).watch(signal) }
    }

    private func watch(_ signal: Signal?) throws -> Finished {
        let start = ContinuousClock.now
        var said = Said()
        var lines: [Duration] = []
        var due = signal
        var moment: ContinuousClock.Instant?
        var status: Int32 = 0
        var hasEnded = false
        while !hasEnded {
            // A child that outlives it may keep the pipes open, so their end is not waited for.
            hasEnded = waitpid(pid, &status, said.isClosed ? 0 : WNOHANG) == pid
            if hasEnded { isReaped.store(true, ordering: .releasing) }
            if !hasEnded { wait(moment, for: said) }
            said.take(from: out, into: \.out)
            said.take(from: error, into: \.error)
            let now = ContinuousClock.now
            while lines.count < said.lines { lines.append(now - start) }
            if let asked = due, moment == nil { moment = asked.moment.comes(after: said, at: now) }
            if let asked = due, let at = moment, at <= now, !hasEnded {
                self.signal(asked.number)
                due = nil
                moment = nil
            }
        }
        let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Finished(
            exit: exit, out: String(decoding: said.out, as: UTF8.self),
            error: String(decoding: said.error, as: UTF8.self),
            lines: lines, took: ContinuousClock.now - start)
    }

    /// Waits for something to read. The last millisecond before a signal is spent without sleeping, so that it is hit.
    private func wait(_ moment: ContinuousClock.Instant?, for said: Said) {
        // A side that is closed would always be ready; poll leaves out what is below zero.
        var ready = [out, error].map {
            pollfd(fd: said.open?.contains($0) ?? true ? $0 : -1, events: Int16(POLLIN), revents: 0)
        }
        guard let moment else {
            poll(&ready, 2, 10)
            return
        }
        let left = Int32((moment - ContinuousClock.now) / .milliseconds(1))
        poll(&ready, 2, max(0, min(10, left - 1)))
    }

    private static var inherited: [String: String] {
        var kept: [String: String] = [:]
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "LANG"] {
            if let value = getenv(name) { kept[name] = String(cString: value) }
        }
        return kept
    }
}

/// What a program has said so far. It is looked at a hundred times a second, so that nothing is read or counted twice.
private struct Said {
    var out: [UInt8] = []
    var error: [UInt8] = []
    /// How many lines, on both sides.
    private(set) var lines = 0
    /// Where it may still say something; nil before the first look.
    private(set) var open: Set<Int32>?
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    init() {}

    var isClosed: Bool { open?.isEmpty ?? false }

    mutating func take(from descriptor: Int32, into side: WritableKeyPath<Said, [UInt8]>) {
        var still = open ?? []
        still.insert(descriptor)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { still.remove(descriptor) }
            guard count > 0 else { break }
            self[keyPath: side] += chunk[..<count]
            lines += chunk.withUnsafeBytes { Self.lines(in: $0.prefix(count)) }
        }
        open = still
    }

    private static func lines(in bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        var (lines, rest) = (0, UnsafeRawBufferPointer(rebasing: bytes))
        while let start = rest.baseAddress, let end = memchr(start, 10, rest.count) {
            lines += 1
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(UnsafeRawPointer(end) - start + 1))
        }
        return lines
    }
}

extension ChildProcess.Signal.Moment {
    /// When it is, once the program has come so far.
    fileprivate func comes(after said: Said, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        switch self {
        case .lines(let count, let microseconds):
            said.lines >= count ? now + .microseconds(microseconds) : nil
        case .says(let text):
            String(decoding: said.out, as: UTF8.self).contains(text)
                || String(decoding: said.error, as: UTF8.self).contains(text) ? now : nil
        }
    }
}

/// A pipe that ends with this process: what it starts does not inherit it.
struct Pipe {
    let read: Int32
    let write: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Trouble("cannot make a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }

    /// Reading from it gives up where it would have to wait.
    func withoutWaiting() -> Pipe {
        _ = fcntl(read, F_SETFL, O_NONBLOCK)
        return self
    }
}
