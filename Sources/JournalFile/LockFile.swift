import Synchronization
package import UpgradeCore

/// The lock of a deployment while this process holds it, and the fence of everything the process writes.
///
/// The record stands in `lock`, replaced whole under the `flock` of `lock.guard`. It is taken only where there is none,
/// from a holder that is provably dead, or from one whose record was seen unchanged for a whole lease on the taker's own
/// clock. A holder that has not renewed for two thirds of its lease, because it or its machine stood still, does so before
/// anything else, and stops where it cannot: well before anybody may take over.
/// A process that is killed leaves its record behind, and the next one on that machine sees at once that it is dead.
package final class LockFile: DeploymentLock {
    /// The record of the dead or silent holder that the lock was taken from.
    package let previous: LockRecord?
    /// How often `renew` is to be called.
    package let renewalInterval: Duration
    package var holder: String? { held.withLock { $0.record.token } }

    private let folder: StateFolder
    private let clock: any LeaseClock
    private let lease: Duration
    private let held: Mutex<Held>

    fileprivate struct Held: Sendable {
        var record: LockRecord
        /// The record as it stands in the file when nobody else has touched it.
        var bytes: [UInt8]
        /// This holder's clock just before the record was last written.
        var renewed: Duration
    }

    private init(_ folder: StateFolder, _ clock: any LeaseClock, _ held: consuming Held, previous: LockRecord?) {
        self.folder = folder
        self.clock = clock
        self.previous = previous
        lease = .seconds(held.record.lease)
        renewalInterval = .seconds(held.record.lease) / 3
        self.held = Mutex(held)
    }

    /// Takes the lock, or throws a fault of kind `owned` that says who has it.
    package static func acquire(
        in folder: StateFolder, claim: LockClaim, patience: LockPatience = .oneLease,
        here: ProcessIdentity = .current(), processes: some ProcessTable = KernelProcessTable(),
        clock: any LeaseClock = BootClock()
    ) async throws(Fault) -> LockFile {
        try folder.make()
        var watch = LockWatch(patience)
        while true {
            let attempt = try folder.guarded { () throws(Fault) -> Attempt in
                let before = clock.now()
                let found = try folder.lockRecord()
                if let found {
                    let isDead = found.process.isProvablyDead(seenFrom: here, processes)
                    switch watch.judge(found, isDead: isDead, before: before, after: clock.now()) {
                    case .refuse: throw .owned(by: found)
                    case .wait(let duration): return .wait(duration)
                    case .take: break
                    }
                }
                let token = String(UInt64.random(in: .min ... .max), radix: 16)
                let held = try folder.replaceLock(LockRecord(claim, process: here, token: token), clock)
                return .taken(LockFile(folder, clock, held, previous: found))
            }
            switch attempt {
            case .taken(let lock): return lock
            case .wait(let duration): try await clock.wait(for: duration)
            }
        }
    }

    private enum Attempt {
        case taken(LockFile)
        case wait(Duration)
    }

    /// Throws a fault of kind `owned` when the record is not this holder's any more, or when it was last renewed two
    /// thirds of a lease ago and cannot be now: nobody can take it between the look at it and its renewal.
    package func check() throws(Fault) {
        try held.withLock { (held: inout Held) throws(Fault) in
            let current = held
            let renewed = try folder.guarded { () throws(Fault) -> Held? in
                try folder.expectLock(current.bytes, current.record)
                let age = clock.now() - current.renewed
                guard age >= lease * 2 / 3 else { return nil }
                do throws(Fault) { return try folder.replaceLock(current.record.renewed(), clock) } catch {
                    throw .lockNotRenewed(
                        run: current.record.run, seconds: age.components.seconds, why: error.why)
                }
            }
            if let renewed { held = renewed }
        }
    }

    /// Shows that the holder lives. After a fault of kind `owned` the lock is lost for good; after another, try again.
    package func renew() throws(Fault) {
        try held.withLock { (held: inout Held) throws(Fault) in
            let current = held
            held = try folder.guarded { () throws(Fault) in
                try folder.expectLock(current.bytes, current.record)
                return try folder.replaceLock(current.record.renewed(), clock)
            }
        }
    }

    /// Gives the lock up; leaves a record that is somebody else's alone.
    package func release() throws(Fault) {
        try held.withLock { (held: inout Held) throws(Fault) in
            try folder.guarded { () throws(Fault) in
                guard try folder.lockBytes() == held.bytes else { return }
                try folder.disk.remove(folder.lock)
            }
        }
    }
}

extension StateFolder {
    var lock: String { path + "/lock" }

    /// Who holds the lock, or held it when it was killed; nothing when it is free.
    package func lockHolder() throws(Fault) -> LockRecord? {
        try lockRecord()
    }

    /// Removes the lock by force, if it is held for exactly that run, and returns what it said.
    package func unlock(run: String) throws(Fault) -> LockRecord {
        guard try disk.contents(of: lock) != nil else { throw .notLocked(path) }
        return try guarded { () throws(Fault) in
            guard let record = try lockRecord() else { throw .notLocked(path) }
            guard record.run == run else { throw .owned(by: record) }
            try disk.remove(lock)
            return record
        }
    }

    /// Runs the body while no other process can look at or replace the lock.
    fileprivate func guarded<Value>(_ body: () throws(Fault) -> Value) throws(Fault) -> Value {
        let file = try disk.lockable(lock + ".guard")
        try disk.lock(file)
        defer { disk.unlock(file) }
        return try body()
    }

    fileprivate func lockBytes() throws(Fault) -> [UInt8]? {
        try disk.contents(of: lock)
    }

    fileprivate func lockRecord() throws(Fault) -> LockRecord? {
        guard let bytes = try lockBytes() else { return nil }
        do {
            return try OneLineJSON.decode(LockRecord.self, from: bytes)
        } catch {
            throw .lockDamaged(lock, remove: "rm \(lock.shellWord)")
        }
    }

    fileprivate func expectLock(_ bytes: [UInt8], _ record: LockRecord) throws(Fault) {
        let found = try lockBytes()
        guard found != bytes else { return }
        guard found != nil, let other = try lockRecord() else { throw .lockRemoved(run: record.run) }
        throw .lockLost(run: record.run, to: other)
    }

    fileprivate func replaceLock(_ record: LockRecord, _ clock: any LeaseClock) throws(Fault) -> LockFile.Held {
        let bytes = try OneLineJSON.encode(record) + [UInt8(ascii: "\n")]
        let renewed = clock.now()
        // Only who has the guard writes this file, so it may keep one name.
        let temporary = lock + ".new"
        let file = try disk.replaceable(temporary)
        try disk.write(bytes, to: file)
        try disk.sync(file)
        try disk.rename(temporary, to: lock)
        return LockFile.Held(record: record, bytes: bytes, renewed: renewed)
    }
}
