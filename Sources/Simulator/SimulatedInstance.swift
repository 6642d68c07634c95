import UpgradeCore

/// One simulated instance, from the platform's order to start it until its last process is gone.
struct SimulatedInstance: Sendable {
    /// Who had it started.
    enum Starter: Equatable, Sendable {
        case before, tool, platform, person, autoscaler
    }

    enum Phase: Equatable, Sendable {
        /// The platform will start it; there is no process yet.
        case ordered
        case booting
        case migrating(Trouble.Fate, ticks: Int)
        case loading
        case serving
        case unwell
        /// Its process is gone, and the platform will start it again.
        case backoff
        case ended(String)
    }

    let serial: Int
    let id: String
    let workload: Int
    let image: String
    let isTarget: Bool
    let generation: Generation?
    let workers: Int
    let grace: Settings.Grace?
    let migrates: Bool
    var starter: Starter
    var phase: Phase
    /// When its phase ends by itself.
    var phaseDue = Int64.max
    /// When it is gone, once it was told to end.
    var stopDue = Int64.max
    /// Whether its end was forced, which its database sessions may outlive for longer.
    var isKilled = false
    var restarts = 0
    var startedAt: Int64
    var log: String?

    var due: Int64 { min(phaseDue, stopDue) }
    var isStopping: Bool { stopDue != .max }

    var hasEnded: Bool {
        if case .ended = phase { true } else { false }
    }

    /// Whether processes of it exist.
    var isAlive: Bool {
        switch phase {
        case .ordered, .backoff, .ended: false
        case .booting, .migrating, .loading, .serving, .unwell: true
        }
    }

    var isMigrating: Bool {
        if case .migrating = phase { true } else { false }
    }
}

extension World {
    /// The platform takes up an instance for its workload.
    mutating func start(
        _ workload: Int, by starter: SimulatedInstance.Starter, phase: SimulatedInstance.Phase = .ordered
    ) {
        let settings = workloads[workload].settings
        started += 1
        var instance = SimulatedInstance(
            serial: started, id: "i\(started)", workload: workload, image: settings.image,
            isTarget: setup.isTarget(settings.image), generation: workloads[workload].naming,
            workers: settings.workers == "4" ? 4 : 1, grace: settings.grace, migrates: settings.migrates,
            starter: starter, phase: phase, startedAt: now)
        if phase == .ordered { instance.phaseDue = now + life.within(5...600) }
        instances.append(instance)
    }

    /// Someone starts an instance of the other version by hand.
    mutating func startOther() {
        let saved = workloads[0].settings
        workloads[0].settings.image = setup.isSource(saved.image) ? setup.targetImage : setup.sourceImage
        if setup.obstacle != .mixed { workloads[0].settings.image = setup.sourceImage }
        let naming = workloads[0].naming
        workloads[0].naming = nil
        start(0, by: .person, phase: setup.obstacle == .mixed ? .serving : .ordered)
        workloads[0].settings = saved
        workloads[0].naming = naming
    }

    /// Tells an instance to end: most end soon, some late, some only when they are killed.
    mutating func stop(_ index: Int) {
        guard !instances[index].isStopping, !instances[index].hasEnded else { return }
        if !instances[index].isAlive {
            // A platform may show for a while what it has taken back.
            instances[index].phaseDue = .max
            instances[index].stopDue = now + life.within(0...300)
            return
        }
        let manner = life.below(100)
        var delay = manner < 70 ? life.within(50...1_500) : life.within(2_000...9_000)
        if manner >= 90 {
            delay = 10_000
            instances[index].isKilled = true
        }
        if trouble.isStuck, !instances[index].isTarget, instances[index].starter == .before {
            trouble.isStuck = false
            delay = 90_000
        }
        instances[index].stopDue = now + delay
    }

    /// What happens to an instance at the end of its phase.
    mutating func live(_ index: Int) {
        if instances[index].stopDue <= now {
            end(index, "signal 15", byOrder: true)
            return
        }
        instances[index].phaseDue = .max
        switch instances[index].phase {
        case .ordered, .backoff:
            instances[index].phase = .booting
            instances[index].phaseDue = now + life.within(300...3_000)
            processStarted(index)
        case .booting: booted(index)
        case .migrating(let fate, let ticks): migrated(index, fate, ticks)
        case .loading: loaded(index)
        case .serving, .unwell, .ended: break
        }
    }

    private mutating func booted(_ index: Int) {
        let instance = instances[index]
        if instance.isTarget, trouble.flaw == .cannotStart { return end(index, "exit 1") }
        let head = instance.isTarget ? setup.targetHead : setup.sourceHead
        let chain = instance.isTarget ? setup.targetChain : setup.sourceChain
        if revision == head || !chain.contains(revision) { return load(index) }
        guard instance.migrates else { return life.chance(70) ? end(index, "exit 3") : load(index) }
        let fate = trouble.fates[min(migrationsBegun, trouble.fates.count - 1)]
        migrationsBegun += 1
        coverage.fates[fate.rawValue] += 1
        instances[index].phase = .migrating(fate, ticks: 0)
        instances[index].log = "Running upgrade \(revision) -> \(head)"
        switch fate {
        case .hangs, .blockedForLong: break
        case .blocked: instances[index].phaseDue = now + life.within(3_000...20_000)
        case .takesLong: instances[index].phaseDue = now + 15_000
        case .succeeds, .fails, .swallowed, .crashesBefore, .crashesAfter:
            instances[index].phaseDue = now + life.within(200...8_000)
        }
    }

    private mutating func migrated(_ index: Int, _ fate: Trouble.Fate, _ ticks: Int) {
        switch fate {
        case .hangs, .blockedForLong: break
        case .takesLong where ticks < 5:
            instances[index].phase = .migrating(fate, ticks: ticks + 1)
            instances[index].phaseDue = now + 15_000
        case .succeeds, .blocked, .takesLong:
            commit(setup.targetHead, of: index)
            load(index)
        case .fails: end(index, "exit 1")
        case .swallowed: load(index)
        case .crashesBefore: end(index, "signal 9")
        case .crashesAfter:
            commit(setup.targetHead, of: index)
            end(index, "signal 9")
        }
    }

    private mutating func load(_ index: Int) {
        instances[index].phase = .loading
        instances[index].phaseDue = now + life.within(300...4_000)
    }

    private mutating func loaded(_ index: Int) {
        let isSick = instances[index].isTarget && trouble.flaw == .neverHealthy
        instances[index].phase = isSick ? .unwell : .serving
        if instances[index].isTarget, !isSick, trouble.flaw != .wrongVersion, revision == setup.targetHead {
            wasHealthy = true
        }
    }

    /// The last process of an instance is gone; the server may notice later.
    mutating func end(_ index: Int, _ exit: String, byOrder: Bool = false) {
        let instance = instances[index]
        let workload = workloads[instance.workload]
        tell("   \(instance.id) \(instance.image) ends: \(exit)")
        if instance.isAlive { orphan(instance, exit: exit, byOrder: byOrder) }
        instances[index].stopDue = .max
        instances[index].phaseDue = .max
        if byOrder {
            instances.remove(at: index)
        } else if setup.platformRestarts, workload.settings.replicas > 0, workload.accepts(instance) {
            instances[index].phase = .backoff
            instances[index].starter = .platform
            instances[index].restarts += 1
            instances[index].phaseDue = now + life.within(300...1_000) * Int64(instances[index].restarts)
        } else {
            instances[index].phase = .ended(exit)
        }
    }

    private mutating func orphan(_ instance: SimulatedInstance, exit: String, byOrder: Bool) {
        let wrote = instance.isMigrating
        let isClean = byOrder && !instance.isKilled && !wrote
        if exit == "exit 1" || exit == "exit 3" || life.chance(isClean ? 85 : 35) { return }
        guard trouble.leavesOrphans else { return }
        let commits = wrote && revision != setup.targetHead && life.chance(40)
        orphans.append(
            Orphan(
                pid: 1_000 + instance.serial, instance: instance.id, isOfTarget: instance.isTarget, hasWritten: wrote,
                commits: commits, starter: instance.starter,
                startedAt: instance.startedAt, due: now + life.within(isClean ? 50...1_500 : 500...12_000)))
    }
}
