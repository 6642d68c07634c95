import Glibc
import UpgradeCore

/// Which process this is, told apart from every other on every machine.
package struct ProcessIdentity: Codable, Equatable, Sendable {
    package let host: String
    /// `/etc/machine-id`; empty where there is none.
    package let machine: String
    /// `/proc/sys/kernel/random/boot_id`: another one after every boot.
    package let boot: String
    /// `/proc/self/ns/pid`: process ids mean something only within one of these.
    package let namespace: String
    package let pid: Int32
    /// Start time in clock ticks since boot, field 22 of `/proc/PID/stat` (proc(5)): a reused pid has another.
    package let started: String

    package init(host: String, machine: String, boot: String, namespace: String, pid: Int32, started: String) {
        self.host = host
        self.machine = machine
        self.boot = boot
        self.namespace = namespace
        self.pid = pid
        self.started = started
    }

    /// True only where nothing else is possible: on this very boot of this machine, the process does not exist or its pid
    /// belongs to a later one; or this machine was booted anew. What is not known proves nothing.
    ///
    /// A process of another container has a pid of its own namespace and is never proved dead by it. Machines that were
    /// cloned share a machine id, so the host's name has to be the same too.
    package func isProvablyDead(seenFrom here: ProcessIdentity, _ processes: some ProcessTable) -> Bool {
        guard !boot.isEmpty, !here.boot.isEmpty, host == here.host else { return false }
        guard boot == here.boot else { return !machine.isEmpty && machine == here.machine }
        guard !namespace.isEmpty, namespace == here.namespace else { return false }
        return switch processes.state(of: pid) {
        case .gone: true
        case .running(let started): started != self.started
        case .unknown: false
        }
    }
}

/// What the kernel says of a pid.
package enum ProcessState: Equatable, Sendable {
    case gone
    /// With its start time in clock ticks since boot.
    case running(started: String)
    case unknown
}

/// The processes of this machine, as far as they can be seen.
package protocol ProcessTable: Sendable {
    func state(of pid: Int32) -> ProcessState
}

/// The processes that the kernel shows in `/proc`.
package struct KernelProcessTable: ProcessTable {
    package init() {}

    package func state(of pid: Int32) -> ProcessState {
        guard pid > 0 else { return .unknown }
        // Also asked where /proc hides the processes of other users (hidepid).
        if kill(pid, 0) == -1, errno == ESRCH { return .gone }
        guard let stat = SmallFile.text("/proc/\(pid)/stat") else { return .unknown }
        // The name in parentheses may hold spaces and parentheses; the fields after it are counted from the third.
        guard let name = stat.lastIndex(of: ")") else { return .unknown }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let state = fields.first else { return .unknown }
        // A zombie has ended; only its parent has not asked how.
        return state == "Z" || state == "X" ? .gone : .running(started: String(fields[19]))
    }
}

extension ProcessIdentity {
    /// This process. What this machine does not tell stays empty and then never proves anything.
    package static func current() -> ProcessIdentity {
        let pid = getpid()
        var started = ""
        if case .running(let ticks) = KernelProcessTable().state(of: pid) { started = ticks }
        return ProcessIdentity(
            host: hostName(),
            machine: SmallFile.line("/etc/machine-id"),
            boot: SmallFile.line("/proc/sys/kernel/random/boot_id"),
            namespace: SmallFile.link("/proc/self/ns/pid"),
            pid: pid,
            started: started)
    }

    private static func hostName() -> String {
        var name = [UInt8](repeating: 0, count: 256)
        let result = name.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { gethostname($0, bytes.count - 1) }
        }
        return result == 0 ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : ""
    }
}

/// Files of the kernel that are read in one go and may be missing.
private enum SmallFile {
    static func text(_ path: String) -> String? {
        do {
            return try Disk(gate: nil).contents(of: path).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            return nil
        }
    }

    static func line(_ path: String) -> String {
        String((text(path) ?? "").prefix { $0 != "\n" })
    }

    static func link(_ path: String) -> String {
        var target = [UInt8](repeating: 0, count: 256)
        let count = target.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0, bytes.count) } ?? 0
        }
        return count > 0 ? String(decoding: target.prefix(count), as: UTF8.self) : ""
    }
}
