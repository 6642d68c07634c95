import Dispatch
import Glibc

/// A process of a test's own, with pipes to its input and output.
struct Child: Sendable {
    let process: pid_t
    let input: Int32
    let output: Int32

    struct Failure: Error {
        let command: [String]
        let code: Int32
        let output: String
    }

    init(_ command: [String]) throws {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        // Pairs of sockets are closed in other children from their birth on, which pipes are not.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &toChild) == 0, socketpair(AF_UNIX, kind, 0, &fromChild) == 0 else {
            throw Failure(command: command, code: errno, output: "socketpair")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        let arguments = command.map { strdup($0) }
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, nil, arguments + [nil], environ)
        close(toChild[0])
        close(fromChild[1])
        guard code == 0 else { throw Failure(command: command, code: code, output: "posix_spawn") }
        self.process = process
        input = toChild[1]
        output = fromChild[0]
    }

    /// Output up to the given number of lines, or to its end.
    func read(lines: Int = .max) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(output, &byte, 1) == 1 {
            bytes.append(byte)
            if bytes.count(where: { $0 == 10 }) == lines { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Closes the pipes and waits for the end.
    func end() -> Int32 {
        close(input)
        close(output)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status
    }

    /// Runs a command to its end, off the pool of Swift's tasks, and gives its output.
    @discardableResult
    static func run(_ command: [String]) async throws -> String {
        try await blocking {
            let child = try Child(command)
            let output = child.read()
            let status = child.end()
            guard status == 0 else { throw Failure(command: command, code: status, output: output) }
            return output
        }
    }
}

/// Runs what blocks on a thread that may.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
}
