import Glibc
import Testing

/// A program at a terminal of its own, and the person who sits there: reads, types, changes the window.
///
/// The program leads the terminal's foreground group, so that what is typed reaches it as it does from a shell.
final class Seat {
    let pid: pid_t
    private let master: Int32
    private(set) var bytes: [UInt8] = []
    private(set) var columns: Int
    private var status: Int32?

    init(_ words: [String], _ environment: [String: String], columns: Int = 100) throws {
        self.columns = columns
        let (terminal, name) = try Self.terminal()
        master = terminal
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The leader of a session gets the first terminal that it opens.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(Self.setsid | Int32(POSIX_SPAWN_SETSIGMASK)))
        Self.size(master, columns)
        let arguments = words.map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, words[0], &actions, &attributes, arguments + [nil], variables + [nil])
        self.pid = pid
        guard failed == 0 else { throw Trouble("\(words[0]): \(String(cString: strerror(failed)))") }
    }

    deinit {
        if pid > 0, status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(master)
    }

    /// Everything that was written to the terminal so far, with what it echoes of what was typed.
    var said: String { String(decoding: bytes, as: UTF8.self) }
    var screen: Screen { Screen(said, columns: columns) }

    func type(_ text: String) {
        let typed = Array(text.utf8)
        _ = write(master, typed, typed.count)
    }

    /// Ctrl-C: the terminal gives the signal to its whole foreground group.
    func typeInterrupt() { type("\u{3}") }
    /// Ctrl-D on an empty line.
    func typeEnd() { type("\u{4}") }

    /// Whether no signal waits to be taken: two of a kind that wait are one.
    var hasTakenSignals: Bool {
        let status = Files.text("/proc/\(pid)/status") ?? ""
        return status.split(separator: "\n").filter { $0.hasPrefix("ShdPnd:") || $0.hasPrefix("SigPnd:") }
            .allSatisfy { $0.split(separator: "\t").last?.allSatisfy { $0 == "0" } ?? true }
    }

    func resize(columns: Int) {
        self.columns = columns
        Self.size(master, columns)
    }

    /// `POSIX_SPAWN_SETSID` of spawn.h, which Glibc's module does not show.
    private static let setsid: Int32 = 0x80

    /// A new terminal and the name of its other side. Glibc's module has no `posix_openpt`: these are the calls that it
    /// makes (`TIOCSPTLCK` and `TIOCGPTN` of ioctl_tty(2)).
    private static func terminal() throws -> (Int32, String) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (unlocked, number): (Int32, UInt32) = (0, 0)
        guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Trouble("no terminal: \(String(cString: strerror(errno)))")
        }
        return (master, "/dev/pts/\(number)")
    }

    private static func size(_ terminal: Int32, _ columns: Int) {
        var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    }

    /// Reads until the text stands in what was said after the first `from` bytes.
    func wait(for text: String, from start: Int = 0) throws {
        try wait("`\(text)`") { String(decoding: self.bytes.dropFirst(start), as: UTF8.self).contains(text) }
    }

    /// Reads until the condition holds; the test's time limit ends it.
    func wait(_ what: String, until condition: () -> Bool) throws {
        while !condition() {
            guard try read() else { throw Trouble("it ended without \(what):\n\(said)") }
        }
    }

    /// Reads to the end, and waits for it.
    func end() throws -> Finished {
        while try read() {}
        var raw = status ?? 0
        if status == nil {
            while waitpid(pid, &raw, 0) == -1 {
                guard errno == EINTR else { throw Trouble(String(cString: strerror(errno))) }
            }
            status = raw
        }
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        return Finished(exit: code, out: said, error: "", lines: [], took: .zero)
    }

    /// Reads what is there; false when the last holder of the terminal is gone.
    private func read() throws -> Bool {
        guard !Task.isCancelled else { throw Trouble("the time is over; it said:\n\(said)") }
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 100) > 0 else { return true }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(master, &chunk, chunk.count)
        if count < 0, errno == EINTR { return true }
        bytes += chunk.prefix(max(0, count))
        return count > 0
    }
}

extension Scene {
    /// Runs the program on this group at a terminal.
    func sit(_ words: [String], _ variables: [String: String] = [:], columns: Int = 100) throws -> Seat {
        let all = environment(["TERM": "xterm"].merging(variables) { $1 })
        return try Seat([Workshop.tool] + words + ["--group", folder], all, columns: columns)
    }
}

extension Finished {
    /// Expects this exit code, these pieces on the screen, and a terminal on which the next prompt stands alone.
    func expect(
        _ code: Int32, at seat: Seat, showing pieces: String..., at source: SourceLocation = #_sourceLocation
    ) {
        let lines = seat.screen.lines
        #expect(exit == code, "it said:\n\(lines.joined(separator: "\n"))", sourceLocation: source)
        let text = lines.joined(separator: "\n")
        for piece in pieces { #expect(text.contains(piece), "it showed:\n\(text)", sourceLocation: source) }
        #expect(seat.screen.isInOrder, "it showed:\n\(text)|", sourceLocation: source)
        #expect(
            !lines.contains { $0.contains(" s, waiting for ") }, "a status line was left:\n\(text)",
            sourceLocation: source)
    }
}
