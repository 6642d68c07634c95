import Synchronization
import UpgradeCore

@testable import Backends

/// A fence that lets everything pass.
struct OpenFence: Fence {
    func check() {}
}

/// A fence that closes when told to, or after so many questions.
final class ClosableFence: Fence {
    static let fault = Fault(.owned, "The lock is lost.", remedy: "wait")
    private let left: Mutex<Int>

    init(after questions: Int = .max) { left = Mutex(questions) }

    func close() { left.withLock { $0 = 0 } }

    func check() throws(Fault) {
        let isOpen = left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
        if !isOpen { throw Self.fault }
    }
}

extension Permit {
    static let always = Permit(fence: OpenFence(), isInterrupted: { false })
}
