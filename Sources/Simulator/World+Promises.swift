import UpgradeCore

/// The promises of the design, seen from the platform and the database, never from the tool's own state.
extension World {
    private mutating func violate(_ promise: String, _ text: String) {
        tell("!! \(promise): \(text)")
        guard violations.count < 8 else { return }
        violations.append(Violation(promise: promise, seed: seed, text: text, moment: now))
    }

    mutating func violateEnd(_ text: String) { violate("ends", text) }

    /// P1 and P2, whenever a process starts.
    mutating func processStarted(_ index: Int) {
        instances[index].startedAt = now
        let started = instances[index]
        tell("   \(started.id) \(started.image) starts, by \(started.starter)")
        guard started.starter == .tool else { return }
        if started.isTarget {
            targetStarted(started)
        } else if setup.isSource(started.image) {
            sourceStarted(started)
        }
    }

    private mutating func targetStarted(_ started: SimulatedInstance) {
        if let other = other(isTarget: false) {
            violate("P2", "\(started.id) of the target starts while \(other) of the source is there")
        }
        guard revision != setup.targetHead, restoredByHandSince < lookBeforeChange else { return }
        if revision == World.foreignRevision, foreignSince < lookBeforeChange {
            violate("P2", "\(started.id) of the target starts on a schema that was never the source's")
        }
        if setup.endsUnwell, started.grace == nil {
            violate("ends", "\(started.id) may be ended before it has migrated")
        }
        if started.workers > 1 { violate("P1", "\(started.id) starts with \(started.workers) workers before the head") }
        if let other = other(isTarget: true, than: started.serial) {
            violate("P1", "\(started.id) of the target starts before the head while \(other) is there")
        }
    }

    private mutating func sourceStarted(_ started: SimulatedInstance) {
        let couldBeRead = revision != World.foreignRevision || foreignSince < lookBeforeChange
        if revision != setup.sourceHead, couldBeRead {
            violate("P2", "\(started.id) of the source starts while the revision is \(revision)")
        }
        if let other = other(isTarget: true) {
            violate("P2", "\(started.id) of the source starts while \(other) of the target is there")
        }
    }

    /// An instance or a session of this side that the tool could have seen before it made its change.
    private func other(isTarget: Bool, than serial: Int = -1) -> String? {
        for instance in instances where instance.isAlive && instance.serial != serial {
            let isOfSide = isTarget ? instance.isTarget : setup.isSource(instance.image)
            if isOfSide, couldBeSeen(instance.starter, instance.startedAt) { return instance.id }
        }
        for orphan in orphans where orphan.isOfTarget == isTarget {
            if orphan.starter != .person, couldBeSeen(orphan.starter, orphan.startedAt) {
                return "a session of \(orphan.instance)"
            }
        }
        return nil
    }

    private func couldBeSeen(_ starter: SimulatedInstance.Starter, _ since: Int64) -> Bool {
        switch starter {
        case .before, .tool: true
        case .platform, .person, .autoscaler: since < lookBeforeChange
        }
    }

    /// P2, whenever the schema moves.
    mutating func revisionMoved(by index: Int?) {
        if let index, instances[index].starter != .tool { return }
        for instance in instances where instance.isAlive && setup.isSource(instance.image) {
            guard instance.starter == .tool || instance.starter == .before else { continue }
            violate("P2", "the schema moves while \(instance.id) of the source is there")
        }
    }

    /// P3, P4 and P5, before the platform or the database takes in a change.
    mutating func changing(_ command: Command, by tool: Int) {
        if !hasBegun(command) {
            violate("P4", "a change is made that the journal has not begun: \(command.told)")
        }
        if tools[tool].lostLockAt != nil {
            violate("P5", "a run changes the deployment after another has taken its lock: \(command.told)")
        }
        lookBeforeChange = tools[tool].lastLook
        guard case .apply(let change) = command else { return }
        if isScaling, turn?.isOn == false, stage != .startSource {
            violate("quiet", "the workloads are changed while the automation that was paused still acts")
        }
        if setup.relation == .already { return }
        var replicas = 0
        for desired in change.workloads where setup.isTarget(desired.settings.image) {
            replicas += desired.settings.replicas
        }
        guard replicas > 1 else {
            wasHealthy = revision == setup.targetHead && instances.contains { $0.isTarget && $0.phase == .serving }
            return
        }
        if orphans.contains(where: { $0.isOfTarget && $0.hasWritten }) {
            violate("P3", "\(replicas) instances of the target are asked for while a migration's transaction is open")
        }
        if restoredByHandSince >= lookBeforeChange { return }
        if revision != setup.targetHead {
            violate("P3", "\(replicas) instances of the target are asked for while the revision is \(revision)")
        } else if !wasHealthy {
            violate("P3", "\(replicas) instances of the target are asked for before one has served")
        }
    }

    /// P5, before the journal takes in an event: it is what the heir goes by.
    mutating func writing(_ event: Event, by tool: Int) {
        guard tools[tool].lostLockAt != nil else { return }
        violate("P5", "a run writes to the journal after another has taken its lock: \(event.told)")
    }

    private func hasBegun(_ command: Command) -> Bool {
        for event in journal.reversed() {
            switch event {
            case .noticed, .interrupted, .continued: continue
            case .began(let begun): return begun == command
            case .started, .ended, .judged, .decided: return false
            }
        }
        return false
    }

    // The end

    /// P6, P8 and what an outcome says of the deployment.
    mutating func checkEnd(_ outcome: Outcome) {
        switch outcome {
        case .upgraded(let changed):
            guard changed else { return checkUntouched() }
            checkFinal { [setup] settings, role in
                let replicas = role == .main ? setup.plan.replicas ?? settings.replicas : settings.replicas
                return settings.with(image: setup.targetImage(for: settings.image), replicas: replicas)
            }
            if revision != setup.targetHead { violate("ends", "upgraded, and the revision is \(revision)") }
        case .refused(let faults):
            checkUntouched()
            if faults.isEmpty { violate("P8", "refused without a reason") }
            for fault in faults { checkWords(fault) }
        case .rolledBack(let cause):
            checkFinal { settings, _ in settings }
            let isForeign = revision == World.foreignRevision
            if revision != setup.sourceHead, !isForeign {
                violate("ends", "rolled back, and the revision is \(revision)")
            }
            if let cause { checkWords(cause) }
        case .givenUp: break
        }
    }

    mutating func checkHold(_ hold: Hold) {
        checkWords(hold.fault)
        let past: [Stage] = [
            .resumeAutomation, .awaitAutomation, .verify, .resumeAutomationBack, .awaitAutomationBack,
        ]
        let isPastAutomation = past.contains(hold.stage)
        let isKnown = hasHappened(.autoscaler) || wasDisturbed || turn != nil
        if isScaling, wasPaused || wasJustResumed, !isPastAutomation, !isKnown {
            violate("P6", "automation is active in a hold at \(hold.stage)")
        }
    }

    /// Whether the last thing that the tool did was to put automation back.
    private var wasJustResumed: Bool {
        for event in journal.reversed() {
            switch event {
            case .noticed, .interrupted, .continued, .ended: continue
            case .began(.resumeAutomation): return true
            case .started, .began, .judged, .decided: return false
            }
        }
        return false
    }

    mutating func checkWords(_ fault: Fault) {
        if fault.what.isEmpty || fault.why.isEmpty || fault.remedy.isEmpty {
            violate("P8", "a fault without what, why or remedy: \(fault)")
        }
    }

    private mutating func checkUntouched() {
        guard !wasDisturbed, !hasHappened(.autoscaler) else { return }
        for (index, settings) in setup.baseline.enumerated() {
            let replicas = isScaling ? workloads[index].settings.replicas : settings.replicas
            if workloads[index].settings != settings.with(replicas: replicas) {
                violate("P6", "nothing was to be changed, and \(workloads[index].name) is \(workloads[index].settings)")
            }
        }
        if isScaling != scaledBefore { violate("P6", "nothing was to be changed, and automation is paused") }
    }

    private mutating func checkFinal(_ expected: (Settings, Workload.Role) -> Settings) {
        guard !wasDisturbed, !hasHappened(.autoscaler) else { return }
        if isScaling != scaledBefore { violate("P6", "automation was \(scaledBefore) and ends as \(isScaling)") }
        for (index, before) in setup.baseline.enumerated() {
            let workload = workloads[index]
            var wanted = expected(before, workload.role)
            if isScaling, workload.role == .main { wanted.replicas = workload.settings.replicas }
            if workload.settings != wanted { violate("P6", "\(workload.name) ends as \(workload.settings)") }
            let living = instances.filter { $0.workload == index && !$0.hasEnded && !$0.isStopping }
            let isScaled = isScaling && workload.role == .main
            if !isScaled, living.count != wanted.replicas || living.contains(where: { $0.phase != .serving }) {
                violate("ends", "\(workload.name) ends with \(living.map { "\($0.id) \($0.phase)" })")
            }
            if living.contains(where: { $0.image != wanted.image || $0.workers != (wanted.workers == "4" ? 4 : 1) }) {
                violate("ends", "\(workload.name) ends with instances that have other settings")
            }
        }
    }

    func hasHappened(_ kind: Trouble.Kind) -> Bool { happened & (1 << kind.rawValue) != 0 }
}
