import Synchronization
import Testing
import UpgradeCore

@testable import Backends

/// What happens to work in the middle of which somebody asks this process to end.
@Suite struct `After a signal` {
    private final class Signal: Sendable {
        private let came = Atomic<Bool>(false)

        func come() { came.store(true, ordering: .relaxed) }
        var heed: Heed { Heed { self.came.load(ordering: .relaxed) } }
    }

    /// Goes on until it is cancelled, and says so.
    private func endless(_ begun: () -> Void) async throws(Fault) {
        begun()
        while !Task.isCancelled { await Task.yield() }
        throw Fault(.interrupted, "It was ended.", remedy: "again")
    }

    @Test func `a look is ended wherever it waits`() async {
        let signal = Signal()
        let fault = await #expect(throws: Fault.self) {
            try await signal.heed.reading("A look") { () async throws(Fault) in try await self.endless(signal.come) }
        }
        #expect(fault?.kind == .interrupted)
    }

    @Test func `no look is begun`() async {
        let signal = Signal()
        signal.come()
        let fault = await #expect(throws: Fault.self) {
            try await signal.heed.reading("A look") { () async throws(Fault) in Issue.record("it was begun") }
        }
        #expect(fault?.kind == .interrupted)
    }

    @Test func `a change may still end, and is ended where it does not`() async throws {
        let signal = Signal()
        signal.come()
        let done = try await signal.heed.changing("A change") { () async throws(Fault) in true }
        #expect(done)
        let fault = await #expect(throws: Fault.self) {
            try await signal.heed.changing("A change") { () async throws(Fault) in try await self.endless {} }
        }
        #expect(fault?.kind == .interrupted)
    }
}
