/// How a database was named, without what was said in it.
package struct DatabaseForm: Equatable, Sendable {
    package enum Source: Equatable, Sendable {
        case address
        case parts
        case none
    }

    package var source: Source
    /// As it was written, before Open WebUI rewrites `postgres`.
    package var scheme: String
    /// `DATABASE_SCHEMA` is set.
    package var hasSchema: Bool
    /// `DATABASE_ENABLE_IAM_TOKEN_AUTH` is true.
    package var usesTokens: Bool
    /// `DATABASE_TYPE`, `…_HOST` and the others are all set, whether or not the release reads them.
    package var hasParts: Bool

    package init(
        source: Source,
        scheme: String,
        hasSchema: Bool = false,
        usesTokens: Bool = false,
        hasParts: Bool = false
    ) {
        self.source = source
        self.scheme = scheme
        self.hasSchema = hasSchema
        self.usesTokens = usesTokens
        self.hasParts = hasParts
    }

    /// What this release would refuse or overlook, a sentence each; nothing for a version that is not a release.
    package func lints(version: String) -> [String] {
        guard let release = ReleaseNumber(version) else { return [] }
        return Self.rules.filter { $0.releases(release) && $0.applies(self) }.map(\.sentence)
    }

    private struct Rule: Sendable {
        let releases: @Sendable (ReleaseNumber) -> Bool
        let applies: @Sendable (DatabaseForm) -> Bool
        let sentence: String
    }

    /// Seen in releases and run for real: 0.6.43 ends with `Unrecognized or unsupported scheme`.
    private static let peeweeSchemes: Set<String> = ["postgres", "postgresql", "sqlite"]

    private static let rules = [
        Rule(
            releases: { $0 < ReleaseNumber(0, 9, 6) },
            applies: { !peeweeSchemes.contains($0.scheme) && !$0.scheme.hasPrefix("sqlite+sqlcipher") },
            sentence: "Open WebUI up to 0.9.5 refuses a database URL with a driver in its scheme; write postgresql://."),
        Rule(
            releases: { $0 < .parts }, applies: { $0.hasParts },
            sentence: "Open WebUI before 0.6.19 does not read DATABASE_TYPE, DATABASE_HOST and the like; "
                + "it uses DATABASE_URL or SQLite."),
        Rule(
            releases: { $0 < ReleaseNumber(0, 5, 5) }, applies: { $0.hasSchema },
            sentence: "Open WebUI before 0.5.5 may not read DATABASE_SCHEMA; 0.5.0 does not."),
        Rule(
            releases: { $0 < ReleaseNumber(0, 12, 0) }, applies: { $0.hasSchema },
            sentence: "Migrations of Open WebUI before 0.12.0 ignore DATABASE_SCHEMA and work in the schema public."),
        Rule(
            releases: { $0 < ReleaseNumber(0, 10, 0) }, applies: { $0.usesTokens },
            sentence: "Open WebUI before 0.10.0 does not read DATABASE_ENABLE_IAM_TOKEN_AUTH."),
    ]
}

/// The number of a release, for comparing alone; what follows the three numbers does not count.
struct ReleaseNumber: Comparable, Sendable {
    private let numbers: [Int]

    static let newest = ReleaseNumber(.max, 0, 0)
    /// The first that reads `DATABASE_TYPE` and its siblings.
    static let parts = ReleaseNumber(0, 6, 19)

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        numbers = [major, minor, patch]
    }

    init?(_ text: String) {
        let text = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let core = text.prefix { $0 == "." || $0.isNumber }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        self.init(major, minor, patch)
    }

    static func < (left: Self, right: Self) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }
}
