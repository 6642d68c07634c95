/// A release of Open WebUI as the table knows it: to explain and to warn, never to decide.
package struct KnownRelease: Codable, Equatable, Sendable {
    /// How the head of a release is known.
    package enum Basis: String, Codable, Sendable {
        /// Read in the release's own files.
        case measured
        /// Concluded from the releases around it and from dates.
        case inferred
    }

    package let number: ReleaseNumber
    /// The day of the release as `2026-10-25`, from upstream's CHANGELOG.
    package let released: String
    /// The last migration in its image.
    package let head: String
    /// How many migrations its image holds.
    package let revisions: Int
    package let basis: Basis
    /// For an inferred release: from what; otherwise empty.
    package let note: String

    /// The release of this number; nil for one that the table does not hold.
    package static func numbered(_ number: ReleaseNumber) -> KnownRelease? { all.first { $0.number == number } }

    /// The releases whose image ends with this revision, oldest first; empty for a head that the table does not hold.
    package static func withHead(_ revision: String) -> [KnownRelease] { all.filter { $0.head == revision } }

    /// All releases, oldest first, for listings.
    package static var known: [KnownRelease] { all }
}
