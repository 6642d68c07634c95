package import UpgradeCore

extension PlatformStore {
    package func lock(_ claim: LockClaim, patience: LockPatience) async throws(Fault) -> any DeploymentLock {
        let claim = LockClaim(run: claim.run, user: claim.user, since: claim.since, lease: lease)
        let token = String(UInt64.random(in: .min ... .max), radix: 16)
        let record = LockRecord(claim, process: here, token: token)
        var watch = LockWatch(patience)
        while true {
            let before = clock.now()
            let object = try await objects.named(lockName)
            let found = try object.flatMap { (object) throws(Fault) in try self.record(in: object) }
            if let found {
                let isDead = found.process.isProvablyDead(seenFrom: here, processes)
                switch watch.judge(found, isDead: isDead, before: before, after: clock.now()) {
                case .refuse: throw .owned(by: found)
                case .wait(let duration):
                    try await clock.wait(for: duration)
                    continue
                case .take: break
                }
            }
            let now = clock.now()
            if try await take(object, isHeld: found != nil, record) {
                return PlatformLock(self, record, renewed: now, previous: found)
            }
        }
    }

    package func lockHolder() async throws(Fault) -> LockRecord? {
        guard let object = try await objects.named(lockName) else { return nil }
        return try record(in: object)
    }

    package func unlock(run: String) async throws(Fault) -> LockRecord {
        while true {
            guard let object = try await objects.named(lockName), let record = try record(in: object) else {
                throw .notLocked(objects.trade.platform)
            }
            guard record.run == run else { throw .owned(by: record) }
            if try await giveUp(object) { return record }
        }
    }

    /// Writes the record over what was read; false where somebody else was quicker.
    private func take(_ object: PlatformObject?, isHeld: Bool, _ record: LockRecord) async throws(Fault) -> Bool {
        do throws(Fault) {
            if let object, isHeld {
                try await objects.relabel(object, try labels(of: record))
            } else {
                if let object { try await objects.remove(object) }
                try await objects.create(lockName, labels: try labels(of: record), data: Self.words)
            }
            return true
        } catch {
            if error.kind == .conflict { return false }
            // It may have been done all the same.
            guard error.kind == .unavailable, try await lockHolder()?.token == record.token else { throw error }
            return true
        }
    }

    /// What somebody reads who looks at the object.
    private static let words = Array("Who works on this service with owui-upgrade is in the labels of this.\n".utf8)

    /// Makes a stump of the lock, and removes it; false where it was changed since it was read.
    func giveUp(_ object: PlatformObject) async throws(Fault) -> Bool {
        do throws(Fault) { try await objects.relabel(object, [PlatformLabel.deployment: deployment]) } catch {
            if error.kind == .conflict { return false }
            throw error
        }
        try await objects.remove(object)
        return true
    }

    /// What a lock's object says; nil for a stump.
    func record(in object: PlatformObject) throws(Fault) -> LockRecord? {
        guard let text = object.labels[PlatformLabel.lock] else { return nil }
        do { return try OneLineJSON.decode(LockRecord.self, from: Array(text.utf8)) } catch {
            throw .lockDamaged(object.name, remove: objects.trade.remove(object.name))
        }
    }

    func labels(of record: LockRecord) throws(Fault) -> [String: String] {
        [
            PlatformLabel.deployment: deployment,
            PlatformLabel.lock: String(decoding: try OneLineJSON.encode(record), as: UTF8.self),
        ]
    }
}
