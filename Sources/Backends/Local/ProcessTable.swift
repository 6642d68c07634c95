import Glibc

/// The processes of this machine, as /proc shows them.
enum ProcessTable {
    /// One process at one moment.
    struct Process: Equatable, Sendable {
        let pid: Int32
        let group: Int32
        let session: Int32
        /// Clock ticks between the start of the machine and its own; with the pid it names a process for good.
        let start: UInt64
        /// Whether it has ended and only waits for its parent to ask how.
        let isZombie: Bool
    }

    /// What a process carries in its environment when it is part of an instance.
    struct Mark: Hashable, Sendable {
        let group: String
        let instance: String
    }

    /// Tells this start of the machine from every other; nil where the kernel does not say.
    static let boot: String? = LocalFile.volatile("/proc/sys/kernel/random/boot_id").map {
        String(decoding: $0.prefix { $0 > 32 }, as: UTF8.self)
    }

    /// A process by its number; nil where there is none, or where so little is left of it that it has no group.
    static func process(_ pid: Int32) -> Process? {
        guard let bytes = LocalFile.volatile("/proc/\(pid)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        // The name before the bracket may hold anything; field 3 follows it. Those after the 22nd are not asked for.
        let fields = bytes[(end + 1)...].split(separator: 32, maxSplits: 20)
        guard fields.count > 19, let group = number(fields[2]), let session = number(fields[3]),
            let start = number(fields[19])
        else { return nil }
        let state = fields[0].first
        return Process(
            pid: pid, group: Int32(truncatingIfNeeded: group), session: Int32(truncatingIfNeeded: session),
            start: start,
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
    }

    /// A decimal number; without a text in between, for every process of the machine is read in this way.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count < 20 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 48)
        }
        return value
    }

    /// Every process that has not ended.
    static func living() -> [Process] {
        (LocalFile.names(in: "/proc") ?? []).compactMap { Int32($0) }.compactMap(process).filter { !$0.isZombie }
    }

    /// What a process carries; nil for one that is no part of an instance, or not this user's.
    static func mark(of process: Process) -> Mark? {
        guard let bytes = environment(of: process) else { return nil }
        var group: String?
        var instance: String?
        for entry in bytes.split(separator: 0) {
            if entry.starts(with: groupKey) { group = String(decoding: entry.dropFirst(groupKey.count), as: UTF8.self) }
            if entry.starts(with: instanceKey) {
                instance = String(decoding: entry.dropFirst(instanceKey.count), as: UTF8.self)
            }
        }
        guard let group, let instance else { return nil }
        return Mark(group: group, instance: instance)
    }

    /// Whoever starts a process goes on as soon as the new program is in its place, which is a moment before the kernel
    /// shows that program's environment (`exec_mmap` comes before `create_elf_tables` in Linux): it is waited for.
    private static func environment(of process: Process) -> [UInt8]? {
        for _ in 0..<1000 {
            guard let bytes = LocalFile.volatile("/proc/\(process.pid)/environ") else { return nil }
            if !bytes.isEmpty || !isBecoming(process) { return bytes }
            usleep(1000)
        }
        return nil
    }

    /// Whether it has memory and no end of its environment yet: fields 23 and 51 of proc_pid_stat(5). The kernel's own
    /// threads have no memory, and no group.
    private static func isBecoming(_ process: Process) -> Bool {
        guard process.group != 0, let bytes = LocalFile.volatile("/proc/\(process.pid)/stat"),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        let fields = bytes[(end + 1)...].split(separator: 32)
        guard fields.count > 48, let memory = number(fields[20]), let environmentEnd = number(fields[48]) else {
            return false
        }
        return memory > 0 && environmentEnd == 0
    }

    static let groupVariable = "OWUI_UPGRADE_GROUP"
    static let instanceVariable = "OWUI_UPGRADE_INSTANCE"
    static let generationVariable = "OWUI_UPGRADE_GENERATION"
    private static let groupKey = Array("\(groupVariable)=".utf8)
    private static let instanceKey = Array("\(instanceVariable)=".utf8)

    /// The first line of what a process runs, for people.
    static func name(of pid: Int32) -> String? {
        LocalFile.volatile("/proc/\(pid)/comm").map { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
    }
}
