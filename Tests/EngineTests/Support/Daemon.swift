import Glibc
import Synchronization
import UpgradeCore

@testable import Backends

/// A server of one test. It ends by itself after some minutes, if the test does not end it.
struct Daemon {
    struct Silent: Error, CustomStringConvertible { let description: String }

    let pid: pid_t

    /// Starts a program and returns when a line of shell says that it answers; nil where it ended before that.
    static func start(
        _ command: String, in folder: String, log: String, until answers: String, within seconds: Int = 120
    ) async throws -> Daemon? {
        let line = """
            cd \(folder) && { setsid timeout \(seconds) \(command) >\(log) 2>&1 </dev/null & pid=$!; }
            for _ in $(seq 600); do
                if \(answers) >/dev/null 2>&1; then echo $pid; exit; fi
                kill -0 $pid 2>/dev/null || exit 0
                sleep 0.05
            done
            """
        let said = try await Tool.shell(line, named: command, environment: [:], permit: .always)
        return pid_t(said.trimmed).map(Daemon.init)
    }

    /// Tells it to end and waits until it has.
    func stop() async throws {
        kill(pid, SIGTERM)
        _ = try await Tool.shell(
            "for _ in $(seq 400); do kill -0 \(pid) 2>/dev/null || exit 0; sleep 0.05; done; exit 1", named: "stop",
            environment: [:], permit: .always)
    }

    /// Starts what listens on a port of this machine: one that no other test is given, or whoever answers there may be that
    /// test's server.
    static func listening(_ start: (Int) async throws -> Daemon?) async throws -> (Daemon, port: Int) {
        for _ in 0..<20 {
            let port = try Ports(1)
            let daemon = try await start(port.numbers[0])
            given.withLock { $0.append(port) }
            if let daemon { return (daemon, port.numbers[0]) }
        }
        throw Silent(description: "no server could be started")
    }

    /// They are not given back: a server ends at its own time.
    private static let given = Mutex<[Ports]>([])
}
