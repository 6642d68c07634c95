package import UpgradeCore

/// What an upgrade will do to the schema, told before it is made.
///
/// The order and the number come from the target's own files; what each migration does comes from the table.
package struct SchemaForecast: Codable, Equatable, Sendable {
    /// A migration that will run.
    package struct Pending: Codable, Equatable, Sendable {
        package let id: String
        /// The words of its own file.
        package let title: String
        /// What the table knows of it; nil for one that is newer, of which nothing is claimed.
        package let known: KnownRevision?
    }

    /// What the migrations themselves offer for going back. Upstream supports none of it; a backup is the way.
    package enum WayBack: Codable, Equatable, Sendable {
        /// The schema stays as it is: the source runs on it again.
        case unchanged
        /// Every pending migration has a way back; these lose data on it.
        case lossy(revisions: [String])
        /// These have none, or may refuse.
        case impossible(revisions: [String])
        /// These are not known.
        case unknown(revisions: [String])
    }

    /// The revision of the database; nil for one that has none.
    package let current: String?
    package let head: String
    package let pending: [Pending]
    package let cautions: [Caution]
    /// nil when the sizes could not be had.
    package let estimate: MigrationEstimate?
    /// Where the target's files differ from the table; a sentence each.
    package let departures: [String]

    /// Throws `.refused` when the target's chain lacks the current revision.
    ///
    /// `source` and `target` choose the cautions alone: a target without a number, such as `main`, has the cautions
    /// of the newest release in the table.
    package init(
        from current: String?, along chain: Chain, source: ReleaseNumber? = nil, target: ReleaseNumber? = nil,
        sizes: TableSizes? = nil
    ) throws(Fault) {
        guard let pending = chain.pending(after: current) else {
            throw .downgrade(from: current ?? "", to: chain.head, target: target?.description)
        }
        self.current = current
        head = chain.head
        let known = pending.map { Pending(id: $0.id, title: $0.title, known: KnownRevision.identified($0.id)) }
        self.pending = known
        estimate = sizes.map { MigrationEstimate(known, $0) }
        let reached = target ?? KnownRelease.known.last?.number
        cautions = reached.map { Caution.concerning(from: source, to: $0) } ?? []
        departures = Self.departures(of: chain, target: target)
    }

    /// Those that can take minutes.
    package var long: [Pending] { pending.filter { $0.known?.isLong ?? false } }
    /// Those after which code of the source fails or sees nothing.
    package var breakingOldCode: [Pending] { pending.filter { $0.known?.effects.contains(.breaking) ?? false } }
    /// Those that the table does not hold, or holds unread.
    package var unknown: [Pending] { pending.filter { $0.known?.effects.contains(.unread) ?? true } }

    package var wayBack: WayBack {
        if pending.isEmpty { return .unchanged }
        let impossible = pending.filter { $0.known?.downgrade == .nothing || $0.known?.downgrade == .refuses }
        if !impossible.isEmpty { return .impossible(revisions: impossible.map(\.id)) }
        let unknown = pending.filter { $0.known.map { $0.downgrade == .unread } ?? true }
        if !unknown.isEmpty { return .unknown(revisions: unknown.map(\.id)) }
        return .lossy(revisions: pending.filter { $0.known?.downgrade == .lossy }.map(\.id))
    }

    private static func departures(of chain: Chain, target: ReleaseNumber?) -> [String] {
        var sentences: [String] = []
        for revision in chain.revisions {
            guard let known = KnownRevision.identified(revision.id), known.parent != revision.parent else { continue }
            sentences.append(
                "\(revision.id) follows \(revision.parent ?? "nothing") in the target's files, "
                    + "and \(known.parent ?? "nothing") in the table.")
        }
        if let target, let release = KnownRelease.numbered(target), release.head != chain.head {
            sentences.append("The head of \(target) is \(chain.head) in its files, and \(release.head) in the table.")
        }
        return sentences
    }
}
