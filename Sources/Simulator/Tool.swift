package import UpgradeCore

/// The program as a story runs it: the true rules over a true journal and behind a true fence, or in tests wrong ones.
package struct Tool: Sendable {
    package let rules: @Sendable ([Event]) throws(Upgrade.Refusal) -> any RuleBook
    package let journal: @Sendable (SimulatedJournal) -> any Journal
    package let fence: @Sendable (SimulatedFence) -> any Fence

    package init(
        rules: @escaping @Sendable ([Event]) throws(Upgrade.Refusal) -> any RuleBook = {
            (events) throws(Upgrade.Refusal) in
            try Upgrade(replaying: events)
        },
        journal: @escaping @Sendable (SimulatedJournal) -> any Journal = { $0 },
        fence: @escaping @Sendable (SimulatedFence) -> any Fence = { $0 }
    ) {
        self.rules = rules
        self.journal = journal
        self.fence = fence
    }
}

/// Any journal, as one type.
struct AnyJournal: Journal {
    var inner: any Journal

    mutating func append(_ event: Event) async throws(Fault) { try await inner.append(event) }
}
