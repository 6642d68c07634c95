/// A release of Open WebUI, ordered as releases are.
struct Version: Comparable, Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    let major: Int
    let minor: Int
    let patch: Int

    /// Nil unless the text is three numbers.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let major = parts[0], let minor = parts[1], let patch = parts[2] else { return nil }
        self.init(major, minor, patch)
    }

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    /// For versions that the source itself names.
    init(stringLiteral text: String) {
        guard let version = Version(text) else { preconditionFailure("\(text) is not a version") }
        self = version
    }

    var description: String { "\(major).\(minor).\(patch)" }

    static func < (one: Version, other: Version) -> Bool {
        (one.major, one.minor, one.patch) < (other.major, other.minor, other.patch)
    }
}
