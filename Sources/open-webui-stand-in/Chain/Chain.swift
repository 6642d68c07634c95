/// The revisions that one release knows, oldest first.
struct Chain: Sendable {
    /// Every revision up to 0.12.4, in order: each one's parent is the one before it.
    static let everything = firstYear + sixth + eighth + ninth + sinceTenth

    let revisions: [Revision]

    init(_ revisions: [Revision]) { self.revisions = revisions }

    /// The chain that a release ships.
    init(of version: Version) { revisions = Self.everything.filter { $0.since <= version } }

    var head: String { revisions.last?.id ?? "" }

    func contains(_ id: String) -> Bool { revisions.contains { $0.id == id } }

    func parent(of id: String) -> String? {
        guard let index = revisions.firstIndex(where: { $0.id == id }), index > 0 else { return nil }
        return revisions[index - 1].id
    }

    /// What is still to run on a database at `revision`; nil when this chain has never heard of it.
    func pending(after revision: String?) -> ArraySlice<Revision>? {
        guard let revision else { return revisions[...] }
        guard let index = revisions.firstIndex(where: { $0.id == revision }) else { return nil }
        return revisions[(index + 1)...]
    }
}
