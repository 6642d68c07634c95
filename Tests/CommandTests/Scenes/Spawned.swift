import Glibc

/// A real process whose two streams go to files; killed when a test lets go of it.
final class Spawned {
    let pid: pid_t
    private let files: (output: String, error: String)
    private var ended: Finished?

    init(_ words: [String], _ environment: [String: String], streams stem: String) throws {
        files = ("\(stem).out", "\(stem).err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files.error, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let arguments = words.map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer {
            posix_spawn_file_actions_destroy(&actions)
            for text in arguments + variables { free(text) }
        }
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, words[0], &actions, nil, arguments + [nil], variables + [nil])
        self.pid = pid
        guard failed == 0 else { throw Trouble("\(words[0]): \(String(cString: strerror(failed)))") }
    }

    deinit {
        if pid > 0, ended == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// What it has written to its standard error so far.
    var saidToError: String { Files.text(files.error) ?? "" }

    /// Whether it has not ended yet.
    var isAlive: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_signo == 0
    }

    /// Waits for its end.
    func end() throws -> Finished {
        if let ended { return ended }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) == -1 {
            guard errno == EINTR else { throw Trouble(String(cString: strerror(errno))) }
        }
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        let finished = Finished(
            exit: code, out: Files.text(files.output) ?? "", error: Files.text(files.error) ?? "", lines: [],
            took: .zero)
        ended = finished
        return finished
    }
}

extension Files {
    /// nil where the file cannot be read.
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    static func write(bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Trouble("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Every regular file below a folder.
    static func all(below path: String) -> [String] {
        names(in: path).flatMap { name in
            let path = "\(path)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return [String]() }
            return status.st_mode & S_IFMT == S_IFDIR ? all(below: path) : [path]
        }
    }

    /// The rights of a file; nil where there is none.
    static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }
}
