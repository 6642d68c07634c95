import UpgradeCore

/// Whether work on a deployment may begin and go on: the lock is held, and no signal has come.
struct Permit: Sendable {
    let fence: any Fence
    let isInterrupted: @Sendable () -> Bool

    init(fence: any Fence, isInterrupted: @escaping @Sendable () -> Bool) {
        (self.fence, self.isInterrupted) = (fence, isInterrupted)
    }

    /// Throws `.interrupted` after a signal, and what the fence throws where the deployment is not this run's any more.
    func check(_ work: String) throws(Fault) {
        if isInterrupted() { throw .toolInterrupted(work) }
        try fence.check()
    }

    /// The permit of work that changes nothing: it needs no lock, and a command that looks has none.
    var reading: Permit { Permit(fence: NoFence(), isInterrupted: isInterrupted) }

    /// The same for work of which nobody else has a permit.
    init(readingUntil isInterrupted: @escaping @Sendable () -> Bool) {
        self.init(fence: NoFence(), isInterrupted: isInterrupted)
    }

    private struct NoFence: Fence {
        func check() {}
    }
}
