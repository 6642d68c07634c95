/// The number of an Open WebUI release, by which tables are looked up and compared.
///
/// It never decides whether an upgrade is a downgrade: the chain does.
package struct ReleaseNumber: Codable, Comparable, CustomStringConvertible, Hashable, Sendable {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `0.12.4`, `v0.12.4` and `0.12.4-cuda`; nil for everything that names no release, such as `main`.
    package init?(_ text: String) {
        let bare = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let parts = bare.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.map { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int($0) : nil }
        guard digits.count == 3, let major = digits[0], let minor = digits[1], let patch = digits[2] else { return nil }
        self.init(major, minor, patch)
    }

    package var description: String { "\(major).\(minor).\(patch)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
