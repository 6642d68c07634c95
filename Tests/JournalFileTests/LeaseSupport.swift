import Synchronization
import Testing
import UpgradeCore

@testable import JournalFile

/// A clock that goes only when it is waited for or told to; what happens meanwhile is for the test to say.
final class ManualClock: LeaseClock {
    private let time = Mutex(Duration.seconds(1_000))
    private let meanwhile: @Sendable (Duration) throws -> Void

    init(meanwhile: @escaping @Sendable (Duration) throws -> Void = { _ in }) { self.meanwhile = meanwhile }

    func now() -> Duration { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 += duration } }

    func wait(for duration: Duration) async throws(Fault) {
        #expect(duration > .zero)
        advance(duration)
        do { try meanwhile(now() - .seconds(1_000)) } catch {
            throw error as? Fault ?? Fault(.bug, "\(error)", remedy: "-")
        }
    }
}

/// The processes that a test says there are.
struct ListedProcesses: ProcessTable {
    var states: [Int32: ProcessState] = [:]

    func state(of pid: Int32) -> ProcessState { states[pid] ?? .gone }
}

extension ProcessIdentity {
    static let here = ProcessIdentity(
        host: "deploy-1", machine: "m1", boot: "b1", namespace: "pid:[1]", pid: 100, started: "5000")
    static let elsewhere = ProcessIdentity(
        host: "deploy-2", machine: "m2", boot: "b2", namespace: "pid:[1]", pid: 4121, started: "7000")

    func with(
        host: String? = nil, machine: String? = nil, boot: String? = nil, namespace: String? = nil,
        started: String? = nil
    ) -> ProcessIdentity {
        ProcessIdentity(
            host: host ?? self.host, machine: machine ?? self.machine, boot: boot ?? self.boot,
            namespace: namespace ?? self.namespace, pid: pid, started: started ?? self.started)
    }
}

extension LockClaim {
    static func of(_ run: String) -> LockClaim {
        LockClaim(run: run, user: "ana", since: "2026-03-01T10:42:00Z", lease: 30)
    }
}

/// The fault that the body throws.
func fault<Value>(_ body: () async throws -> Value) async -> Fault? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? Fault
    }
}
