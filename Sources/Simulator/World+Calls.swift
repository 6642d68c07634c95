import UpgradeCore

/// What a tool's process calls.
enum Call: Int, Sendable {
    case observe, findings, read, apply, automation, evidence
    case look, check, backUp, restore
    case append, wait

    var isOfPlatform: Bool { rawValue <= Call.evidence.rawValue }
    var isOfDatabase: Bool { (Call.look.rawValue...Call.restore.rawValue).contains(rawValue) }
    /// Calls that are made again and again while something is waited for.
    var isLooking: Bool { self == .observe || self == .look || self == .wait }
}

extension World {
    /// The way of a call to the other side: it may be the last thing that the process does.
    mutating func enter(_ call: Call, by tool: Int) throws(Fault) {
        guard tools[tool].isAlive else { throw .dead() }
        calls += 1
        if calls > 12_000 { throw exhaustedPatience(tool) }
        try passPoint(tool)
        if trouble.rarity > 0 { try roll(call, by: tool) }
        if call == .append || call == .wait { return }
        advance(to: now + 1 + life.within(0...4))
        if call.isOfPlatform, now < platformAwayUntil { throw .away("the platform") }
        if call.isOfDatabase, now < databaseAwayUntil { throw .away("the database") }
    }

    /// The way of the answer back.
    mutating func leave(_ call: Call, by tool: Int) throws(Fault) {
        try passPoint(tool)
        if trouble.rarity > 0, call != .append, call != .wait, troubled(.lostReply, call) {
            throw .away(call.isOfPlatform ? "the platform's answer" : "the database's answer")
        }
    }

    /// One place at which a process may die.
    private mutating func passPoint(_ tool: Int) throws(Fault) {
        if points == trouble.killAt {
            points += 1
            throw die(tool)
        }
        points += 1
    }

    private mutating func die(_ tool: Int) -> Fault {
        tools[tool].isAlive = false
        return .dead()
    }

    private mutating func exhaustedPatience(_ tool: Int) -> Fault {
        violateEnd("the run does not end: \(calls) calls, \(journal.count) events, at \(stage.map { "\($0)" } ?? "-")")
        return die(tool)
    }

    /// Whether trouble of this kind comes now.
    private mutating func troubled(_ kind: Trouble.Kind, _ call: Call) -> Bool {
        guard trouble.left[kind.rawValue] > 0, calls > trouble.quietCalls else { return false }
        guard dice.below(call.isLooking ? trouble.rarity * 3 : trouble.rarity) == 0 else { return false }
        trouble.left[kind.rawValue] -= 1
        note(kind)
        return true
    }

    private mutating func note(_ kind: Trouble.Kind) {
        happened |= 1 << kind.rawValue
        let isEarly = stage?.isBeforeFirstChange ?? true
        if isEarly { wasSpoiltEarly = true }
        tell("   trouble: \(kind)")
        coverage.met(kind, at: stage?.step ?? .preflight)
    }

    private mutating func roll(_ call: Call, by tool: Int) throws(Fault) {
        if troubled(.kill, call) { throw die(tool) }
        if tools[tool].signal == nil, troubled(.signal, call) { tools[tool].signal = "SIGTERM" }
        if troubled(.person, call) { meddle() }
        if troubled(.death, call) { die() }
        if setup.hasAutoscaler, !isScaling, troubled(.autoscaler, call) { setScaling(true) }
        switch call {
        case .append: if troubled(.fullDisk, call) { throw .full() }
        case .wait: break
        case .observe, .findings, .read, .apply, .automation, .evidence, .look, .check, .backUp, .restore:
            try rollOfPort(call)
        }
    }

    private mutating func rollOfPort(_ call: Call) throws(Fault) {
        if troubled(.slow, call) { advance(to: now + dice.within(1_000...15_000)) }
        if troubled(.platformAway, call) { platformAwayUntil = now + dice.within(500...40_000) }
        if troubled(.databaseAway, call) { databaseAwayUntil = now + dice.within(500...40_000) }
        if call == .apply, troubled(.conflict, call) { throw .changedMeanwhile() }
    }

    /// Whether the effect of this call is made twice.
    mutating func isRepeated(_ call: Call) -> Bool { trouble.rarity > 0 && troubled(.repeated, call) }

    /// Whether another run comes while this process stands still.
    mutating func rivalComes(during call: Call) -> Bool { trouble.rarity > 0 && troubled(.rival, call) }

    /// Lets time pass until something happens, or a little more than was asked for: a machine may be busy.
    mutating func wait(until moment: Int64, by tool: Int) {
        do { try enter(.wait, by: tool) } catch { return }
        let next = nextDue ?? .max
        if next <= moment {
            advance(to: max(now, next))
        } else {
            advance(to: max(moment, min(next, now + 3_000)))
        }
    }

    // The lock

    /// How long the lock of a process is honoured that shows no sign of life, in milliseconds.
    static var lease: Int64 { 30_000 }

    /// A new process of the tool.
    mutating func newProcess(machine: Int) -> Int {
        tools.append(ToolProcess(machine: machine))
        return tools.count - 1
    }

    /// Takes the lock, from a dead holder of the same machine at once, from another after its lease.
    mutating func takeLock(_ tool: Int, holderIsFrozen: Bool = false) -> Bool {
        if let holder, holder != tool {
            let isDead = !tools[holder].isAlive
            guard isDead || holderIsFrozen else { return false }
            if !isDead || tools[holder].machine != tools[tool].machine { advance(to: now + World.lease) }
            tools[holder].lostLockAt = now
        }
        holder = tool
        return true
    }

    mutating func write(_ event: Event, by tool: Int) {
        writing(event, by: tool)
        journal.append(event)
        tell("\(tool): \(event.told)")
    }

    func checkLock(of tool: Int) throws(Fault) {
        if holder != tool { throw .lockLost() }
    }

    mutating func append(_ event: Event, by tool: Int) throws(Fault) {
        try enter(.append, by: tool)
        try checkLock(of: tool)
        write(event, by: tool)
        try leave(.append, by: tool)
    }
}
