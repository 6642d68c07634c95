import UpgradeCore

extension World {
    /// Takes in what the platform is asked for, and acts on it. The old and the new may well be there together: the
    /// platform's own order is the worst that real platforms have.
    mutating func apply(_ change: Change) {
        for desired in change.workloads {
            guard let index = workloads.firstIndex(where: { $0.name == desired.workload }) else { continue }
            workloads[index].settings = desired.settings
            workloads[index].naming = desired.naming
            workloads[index].accepts = desired.accepts
        }
        version += 1
        for index in workloads.indices { reconcile(index, by: .tool) }
    }

    /// Starts what is missing and ends what is too much.
    mutating func reconcile(_ workload: Int, by starter: SimulatedInstance.Starter) {
        let wanted = workloads[workload]
        // A platform remembers what has ended until it starts something in its place.
        if wanted.settings.replicas > 0 {
            instances.removeAll { $0.workload == workload && $0.hasEnded && !wanted.accepts($0) }
        }
        var right = 0
        for index in instances.indices where instances[index].workload == workload {
            guard !instances[index].hasEnded, !instances[index].isStopping else { continue }
            if wanted.accepts(instances[index]), right < wanted.settings.replicas {
                right += 1
            } else {
                stop(index)
            }
        }
        guard right < wanted.settings.replicas else { return }
        for _ in right..<wanted.settings.replicas { start(workload, by: starter) }
        guard setup.takesBack, life.chance(20) else { return }
        start(workload, by: starter)
        stop(instances.count - 1)
    }

    /// What an observer sees of it now.
    var deployment: Deployment {
        var seen: [Workload] = []
        seen.reserveCapacity(workloads.count)
        for (index, workload) in workloads.enumerated() {
            var shown: [Instance] = []
            shown.reserveCapacity(instances.count)
            for instance in instances where instance.workload == index { shown.append(show(instance)) }
            seen.append(
                Workload(
                    name: workload.name, role: workload.role, settings: workload.settings, instances: shown,
                    endsUnwell: setup.endsUnwell))
        }
        guard setup.hasAutoscaler else { return Deployment(workloads: seen) }
        return Deployment(
            workloads: seen, automation: [Automation(name: "autoscaler", isActive: isScaling, record: "1-6")])
    }

    private func show(_ instance: SimulatedInstance) -> Instance {
        let state: Instance.State
        if case .ended(let exit) = instance.phase {
            state = .ended(exit: exit)
        } else if instance.isStopping {
            state = instance.phase == .ordered ? .withdrawn : .stopping
        } else {
            state = .running
        }
        let answer: Instance.Answer
        switch instance.phase {
        case .serving: answer = .serving(version: version(of: instance))
        case .unwell: answer = .unwell(reason: "503 Database not ready")
        case .ordered, .booting, .migrating, .loading, .backoff, .ended: answer = .none
        }
        return Instance(
            id: instance.id, image: instance.image, generation: instance.generation, state: state, answer: answer,
            restarts: instance.restarts, migrationLog: instance.log)
    }

    private func version(of instance: SimulatedInstance) -> String {
        guard instance.isTarget else { return setup.sourceVersion }
        return trouble.flaw == .wrongVersion ? "0.0.1" : setup.targetVersion
    }

    // Automation

    /// An autoscaler that is active scales when it likes.
    mutating func scale() {
        nextScaling = .max
        let replicas = 1 + life.below(4)
        guard replicas != workloads[0].settings.replicas else { return }
        workloads[0].settings.replicas = replicas
        version += 1
        reconcile(0, by: .autoscaler)
    }

    /// Automation that is told to stop or to go on does so a little later, as a controller's next round comes.
    mutating func turnScaling(_ isOn: Bool) {
        if let turn, turn.isOn == isOn { return }
        turn = isOn == isScaling ? nil : (isOn, now + life.within(0...4_000))
    }

    mutating func setScaling(_ isActive: Bool) {
        turn = nil
        isScaling = isActive
        nextScaling = isActive ? now + life.within(500...5_000) : .max
    }

    // A person

    mutating func meddle() {
        wasDisturbed = true
        version += 1
        switch dice.below(7) {
        case 4...6 where revision == setup.sourceHead && setup.relation == .migrates:
            revision = World.foreignRevision
            foreignSince = now
        case 0:
            let image = dice.pick([setup.sourceImage, setup.targetImage, "0.11.0"])
            workloads[0].settings.image = image
            workloads[0].accepts = nil
            reconcile(0, by: .person)
        case 1:
            workloads[0].settings.replicas = dice.below(5)
            reconcile(0, by: .person)
        case 2:
            workloads[0].settings.workers = dice.pick([nil, "2", "4"])
        default: startOther()
        }
    }

    /// An instance dies by itself, as with its machine.
    mutating func die() {
        wasDisturbed = true
        let living = instances.indices.filter { instances[$0].isAlive }
        guard !living.isEmpty else { return }
        end(dice.pick(Array(living)), "signal 9")
    }

    /// A person undoes what others did and repairs the image: what a run that holds asks for.
    mutating func mend() {
        trouble.fates = [.succeeds]
        trouble.flaw = .none
        trouble.failingBackups = 0
        if revision == World.foreignRevision { revision = setup.sourceHead }
        for index in instances.indices {
            if instances[index].starter == .person { stop(index) }
            if case .migrating(.hangs, _) = instances[index].phase { instances[index].phaseDue = now + 1_000 }
            if case .migrating(.blockedForLong, _) = instances[index].phase {
                instances[index].phase = .migrating(.succeeds, ticks: 0)
                instances[index].phaseDue = now + 1_000
            }
            if case .unwell = instances[index].phase { instances[index].phase = .serving }
            if instances[index].isTarget, instances[index].phase == .serving, revision == setup.targetHead {
                wasHealthy = true
            }
        }
        if let change = lastChange {
            for desired in change.workloads {
                guard let index = workloads.firstIndex(where: { $0.name == desired.workload }) else { continue }
                guard workloads[index].settings != desired.settings else { continue }
                workloads[index].settings = desired.settings
                workloads[index].accepts = desired.accepts
                workloads[index].naming = desired.naming
                version += 1
                reconcile(index, by: .person)
            }
        }
        if isScaling, wasPaused { setScaling(false) }
    }

    private var lastChange: Change? {
        for event in journal.reversed() {
            if case .began(.apply(let change)) = event { return change }
        }
        return nil
    }

    /// Whether the run's own last word about automation is that it is paused.
    var wasPaused: Bool {
        for event in journal.reversed() {
            if case .began(.resumeAutomation) = event { return false }
            if case .began(.pause) = event { return true }
        }
        return false
    }
}
