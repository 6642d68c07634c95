import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `A holder is provably dead` {
    static let holder = ProcessIdentity.here

    @Test(arguments: [
        (ProcessState.gone, true), (.running(started: "5000"), false), (.running(started: "5001"), true),
        (.unknown, false),
    ])
    func `on the same boot by its process alone`(state: ProcessState, dead: Bool) {
        let processes = ListedProcesses(states: [100: state])
        #expect(Self.holder.isProvablyDead(seenFrom: .here, processes) == dead)
    }

    @Test func `when its machine was booted anew`() {
        #expect(Self.holder.isProvablyDead(seenFrom: .here.with(boot: "b2"), ListedProcesses()))
    }

    @Test(arguments: [
        ProcessIdentity.here.with(host: "deploy-2"),
        .here.with(host: "deploy-2", boot: "b2"),
        .here.with(machine: "m2", boot: "b2"),
        .here.with(boot: ""),
        .here.with(namespace: "pid:[2]"),
        .here.with(namespace: ""),
        .elsewhere,
    ])
    func `never from another machine or container`(observer: ProcessIdentity) {
        #expect(!Self.holder.isProvablyDead(seenFrom: observer, ListedProcesses()))
    }

    @Test(arguments: [
        ProcessIdentity.here.with(boot: ""), .here.with(machine: "", boot: "b2"), .here.with(namespace: ""),
    ])
    func `never by what is not known of it`(holder: ProcessIdentity) {
        #expect(!holder.isProvablyDead(seenFrom: .here, ListedProcesses()))
    }

    @Test func `by what the kernel says of real processes`() throws {
        let me = ProcessIdentity.current()
        #expect(!me.boot.isEmpty && !me.namespace.isEmpty && !me.started.isEmpty && !me.host.isEmpty)
        #expect(!me.isProvablyDead(seenFrom: me, KernelProcessTable()))
        #expect(me.with(started: "1").isProvablyDead(seenFrom: me, KernelProcessTable()))
        let ended = try endedChild()
        #expect(KernelProcessTable().state(of: ended) == .gone, "a zombie has ended")
        #expect(waitpid(ended, nil, 0) == ended)
        #expect(KernelProcessTable().state(of: ended) == .gone)
    }

    /// A child that has ended and that nobody has asked how.
    private func endedChild() throws -> pid_t {
        var child: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        try #require(posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil) == 0)
        var ending = siginfo_t()
        try #require(waitid(P_PID, id_t(child), &ending, WEXITED | WNOWAIT) == 0)
        return child
    }
}
