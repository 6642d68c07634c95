import Glibc
import UpgradeCore

extension LocalBackend {
    /// Instances as they are now. What was learned is written down where no other process is changing the group; it
    /// will be learned again otherwise.
    func look(at known: [LocalInstance]) throws(Fault) -> [LocalInstance] {
        // One without a pid was being started: with the lock in hand it is certain that nobody still is.
        if known.contains(where: { $0.pid == nil && $0.exit == nil }) {
            guard let lock = try store.lockIfFree() else { return examined(known) }
            let settled = try settled(store.known())
            _ = consume lock
            escalate(settled)
            return settled
        }
        let now = examined(known)
        if now != known, let lock = try store.lockIfFree() {
            let settled = try settled(store.known())
            _ = consume lock
            escalate(settled)
            return settled
        }
        escalate(now)
        return now
    }

    /// Instances as they are now, written down. To be called under the lock.
    func settled(_ known: [LocalInstance]) throws(Fault) -> [LocalInstance] {
        var settled: [LocalInstance] = []
        for (before, now) in zip(known, examined(known)) {
            if now.pid == nil {
                // It was written down and never started.
                try store.forget(now)
                continue
            }
            if now != before { try store.write(now) }
            settled.append(now)
        }
        return settled
    }

    /// Instances as they are now, without writing anything.
    private func examined(_ known: [LocalInstance]) -> [LocalInstance] {
        known.map { instance in
            guard instance.exit == nil else { return instance }
            guard let pid = instance.pid else { return adopted(instance) }
            let fate = ProcessGroup(leader: pid).reap()
            // The kernel tells it once; it may be some looks before it can be written down.
            if case .ended(let exit) = fate { told[instance.id] = exit }
            if fate == .lives || isLeading(instance) { return instance }
            var instance = instance
            if stillHere(instance).isEmpty { instance.exit = told[instance.id] ?? "ended" }
            return instance
        }
    }

    private func isLeading(_ instance: LocalInstance) -> Bool {
        guard let pid = instance.pid, instance.boot == ProcessTable.boot, let process = ProcessTable.process(pid)
        else { return false }
        return process.start == instance.start && !process.isZombie
    }

    /// What is left of an instance whose leader has ended.
    private func stillHere(_ instance: LocalInstance) -> [ProcessTable.Process] {
        let last = (remains[instance.id] ?? []).filter { process in
            ProcessTable.process(process.pid).map { $0.start == process.start && !$0.isZombie } ?? false
        }
        if !last.isEmpty { return last }
        // Twice: a process may have been born behind the first look.
        let left = Self.processes(of: instance, in: store.folder)
        remains[instance.id] = left.isEmpty ? Self.processes(of: instance, in: store.folder) : left
        return remains[instance.id] ?? []
    }

    /// Every living process of an instance: its session, its group, and all that carry its id.
    static func processes(of instance: LocalInstance, in folder: String) -> [ProcessTable.Process] {
        let living = ProcessTable.living()
        let mark = ProcessTable.Mark(group: folder, instance: instance.id)
        let leader = instance.pid.flatMap { pid in living.first { $0.pid == pid } }
        // What was there before its leader is no part of it, and need not be asked what it carries.
        let first = instance.boot == ProcessTable.boot ? instance.start ?? 0 : 0
        return living.filter { process in
            process.start >= first
                && (instance.owns(process, leader: leader, boot: ProcessTable.boot)
                    || ProcessTable.mark(of: process) == mark)
        }
    }

    /// An instance whose starter died before it wrote down the pid, found by what its processes carry.
    private func adopted(_ instance: LocalInstance) -> LocalInstance {
        let processes = Self.processes(of: instance, in: store.folder)
        let leader = processes.first { $0.pid == $0.session } ?? processes.min { $0.start < $1.start }
        guard let leader else { return instance }
        var instance = instance
        // The leader may have ended already; its session still has its number.
        instance.pid = leader.session == 0 ? leader.pid : leader.session
        instance.start = leader.start
        instance.boot = ProcessTable.boot
        return instance
    }

    /// Kills what was told to end and has outlasted its grace, all of it. That is for whoever owns the group: a process
    /// that has no lock, or has it no more, only looks.
    private func escalate(_ known: [LocalInstance]) {
        let now = LocalFile.millisecondsSinceBoot
        for instance in known where instance.exit == nil {
            guard let since = instance.stoppingSince, now - since >= Int64(group.stopGrace * 1000) else { continue }
            do throws(Fault) { try signal(instance, SIGKILL) } catch { return }
        }
    }

    /// Sends a signal to every process of an instance, also to those that have left its group.
    func signal(_ instance: LocalInstance, _ number: Int32) throws(Fault) {
        let processes = Self.processes(of: instance, in: store.folder)
        if let pid = instance.pid, processes.contains(where: { $0.group == pid }) {
            try fence.check()
            ProcessGroup(leader: pid).signal(number)
        }
        for process in processes where process.group != instance.pid {
            try fence.check()
            ProcessGroup.signal(process.pid, number)
        }
    }

    /// Asks all these ports at the same time.
    func answers(of instances: [LocalInstance]) async -> [String: Instance.Answer] {
        await withTaskGroup(of: (String, Instance.Answer).self) { [prober] tasks in
            for instance in instances {
                tasks.addTask {
                    (instance.id, await prober.answer(host: instance.host, port: instance.port))
                }
            }
            var answers: [String: Instance.Answer] = [:]
            for await (id, answer) in tasks { answers[id] = answer }
            return answers
        }
    }

    /// The newest line about migrations in the log of an instance, without secrets.
    func log(of instance: LocalInstance) -> String? {
        logs[instance.id, default: MigrationLog()].read(instance.log)
        return logs[instance.id]?.line.map { redaction($0) }
    }
}
