/// Something that whoever plans an upgrade should have read, with where it is written.
package struct Caution: Codable, Equatable, Sendable {
    /// Which upgrades it concerns.
    package enum Reach: String, Codable, Sendable {
        /// Those that come from before `from` and reach it or pass it.
        case crossing
        /// Those whose target lies in `from...through`.
        case target
        /// Those whose source lies in `from...through`.
        case source
    }

    /// What it is about, so that a check can pick the ones it knows how to look into.
    package enum Topic: String, Codable, CaseIterable, Sendable {
        case together, oneWay, driver, longMigration, knownBad, plugins, secretKey, data, vectors, behaviour
    }

    /// A name that stays, for plans that acknowledge it.
    package let id: String
    package let reach: Reach
    package let from: ReleaseNumber
    /// The last release of the range; nil for a crossing.
    package let through: ReleaseNumber?
    package let topic: Topic
    package let text: String
    /// Where it is written: upstream's notes, a release's source, an issue, a measurement.
    package let source: String

    /// What concerns an upgrade between two releases, oldest release first.
    ///
    /// A source that is not known counts as older than every release: too much is said rather than too little.
    package static func concerning(from source: ReleaseNumber?, to target: ReleaseNumber) -> [Caution] {
        all.filter { $0.concerns(from: source, to: target) }.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
    }

    /// All cautions, for listings.
    package static var known: [Caution] { all }

    func concerns(from source: ReleaseNumber?, to target: ReleaseNumber) -> Bool {
        switch reach {
        case .crossing: from <= target && source.map { $0 < from } ?? true
        case .target: source != target && contains(target)
        case .source: source.map { $0 != target && contains($0) } ?? false
        }
    }

    private func contains(_ number: ReleaseNumber) -> Bool { from <= number && number <= (through ?? from) }
}
