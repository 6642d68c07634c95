import Synchronization
package import UpgradeCore

/// Whether work goes on after somebody has asked this process to end.
package struct Heed: Sendable {
    let isInterrupted: @Sendable () -> Bool

    package init(_ isInterrupted: @escaping @Sendable () -> Bool) { self.isInterrupted = isInterrupted }

    /// How long what changes something may still take after a signal; cut short it is as if this process had been killed.
    static let grace = Duration.seconds(3)

    /// Does work that changes nothing, and ends it at a signal wherever it waits.
    package func reading<Value: Sendable>(
        _ what: String, _ work: @escaping @Sendable () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        let permit = Permit(readingUntil: isInterrupted)
        return try await Tool.watched({ () throws(Fault) in try permit.check(what) }, work)
    }

    /// Does work that changes something: a signal ends it where it does not end soon.
    func changing<Value: Sendable>(
        _ what: String, _ work: @escaping @Sendable () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        let end = Latecomer(isInterrupted)
        return try await Tool.watched({ () throws(Fault) in if end.isOver { throw .toolInterrupted(what) } }, work)
    }

    /// Does what may be left undone, and gives it a moment after a signal.
    package func parting(_ work: @escaping @Sendable () async -> Void) async {
        do throws(Fault) {
            try await changing("Clearing away") { () async throws(Fault) in await work() }
        } catch { return }
    }
}

/// Says that a signal came, some time after it was first seen.
private final class Latecomer: Sendable {
    private let isInterrupted: @Sendable () -> Bool
    private let seen = Mutex<ContinuousClock.Instant?>(nil)

    init(_ isInterrupted: @escaping @Sendable () -> Bool) { self.isInterrupted = isInterrupted }

    var isOver: Bool {
        guard isInterrupted() else { return false }
        return seen.withLock { seen in
            let first = seen ?? .now
            seen = first
            return ContinuousClock.now - first >= Heed.grace
        }
    }
}

/// A platform whose answers nobody waits for after a signal: an engine may take minutes over an image, or have stopped
/// to answer at all.
package struct HeedfulBackend: Backend {
    private let backend: any Backend
    private let heed: Heed

    package init(_ backend: any Backend, _ heed: Heed) { (self.backend, self.heed) = (backend, heed) }

    package func observe() async throws(Fault) -> Deployment {
        try await heed.reading("Looking at the deployment") { [backend] () async throws(Fault) in
            try await backend.observe()
        }
    }

    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        try await heed.reading("Looking at the deployment") { [backend] () async throws(Fault) in
            try await backend.findings(for: plan)
        }
    }

    package func apply(_ change: Change) async throws(Fault) {
        try await heed.changing("The change") { [backend] () async throws(Fault) in try await backend.apply(change) }
    }

    package func read(image: String) async throws(Fault) -> ImageFacts {
        try await heed.reading("Reading an image") { [backend] () async throws(Fault) in
            try await backend.read(image: image)
        }
    }

    package func read(images: [String]) async throws(Fault) -> [ImageFacts] {
        try await heed.reading("Reading the images") { [backend] () async throws(Fault) in
            try await backend.read(images: images)
        }
    }

    package func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
        try await heed.changing("The change") { [backend] () async throws(Fault) in
            try await backend.setAutomation(paused: paused, known)
        }
    }

    package func saveEvidence(of run: String) async throws(Fault) -> [String] {
        try await heed.reading("Saving the logs") { [backend] () async throws(Fault) in
            try await backend.saveEvidence(of: run)
        }
    }
}
