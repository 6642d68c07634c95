import UpgradeCore

extension World {
    /// What an observer of the database sees now.
    var databaseState: DatabaseState {
        var sessions: [Session] = []
        sessions.reserveCapacity(instances.count + orphans.count)
        var activity = 0
        for instance in instances where instance.isAlive {
            if case .booting = instance.phase { continue }
            sessions.append(session(of: instance, activity: &activity))
        }
        for orphan in orphans {
            sessions.append(
                Session(pid: orphan.pid, instance: orphan.instance, hasWritten: orphan.hasWritten, isWorking: true))
        }
        if setup.obstacle == .stray { sessions.append(Session(pid: 7, client: "10.0.0.7")) }
        return DatabaseState(revisions: revisions, sessions: sessions, activity: activity == 0 ? "" : "\(activity)")
    }

    private func session(of instance: SimulatedInstance, activity: inout Int) -> Session {
        var session = Session(pid: instance.serial, instance: instance.id)
        guard case .migrating(let fate, let ticks) = instance.phase else { return session }
        activity += ticks
        session.hasWritten = true
        // What hangs is idle in its transaction: a server that works is progress, for however long.
        let isBlocked = fate == .blocked || fate == .blockedForLong
        session.isWorking = !isBlocked && fate != .hangs
        if isBlocked { session.waitsFor = ["server process 99 (psql), idle in transaction"] }
        return session
    }

    var revisions: [SchemaRevision] {
        switch setup.obstacle {
        case .twoRows: [SchemaRevision(schema: "public", rows: [revision, "z"])]
        case .noRows: [SchemaRevision(schema: "public", rows: [])]
        case nil, .stray, .unwell, .nothingRuns, .mixed, .unreadHead, .otherVersion, .otherCompanion, .finding,
            .prediction,
            .noBackup:
            [SchemaRevision(schema: "public", rows: [revision])]
        }
    }

    /// A migration of the target is committed by this instance, or by the session that one left behind.
    mutating func commit(_ head: String, of index: Int?) {
        guard revision != head else { return }
        revision = head
        // One may serve already: it was there when a person put the old schema back.
        if head == setup.targetHead, instances.contains(where: { $0.isTarget && $0.phase == .serving }) {
            wasHealthy = true
        }
        tell("   the revision is \(head)")
        revisionMoved(by: index)
    }

    /// A person puts the source's schema back with a backup of their own, past the tool.
    mutating func restoreByHand() {
        wasDisturbed = true
        restoredByHandSince = now
        let head = setup.sourceHead
        revision = head
        tell("   a person restores the revision \(head)")
        wasHealthy = false
    }

    /// The data of the backup, and with it its schema, come back.
    mutating func restore(_ backup: BackupRecord) {
        revision = backup.revision
        tell("   the revision is \(backup.revision) again")
        wasHealthy = false
    }
}
