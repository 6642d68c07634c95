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

    /// Something in the settings that a release refuses or overlooks.
    package struct Lint: Equatable, Sendable {
        package let sentence: String
        package let remedy: String
        /// Whether the release does not start with it; else it overlooks it.
        package let isRefused: Bool
    }

    /// What this release would refuse or overlook; nothing for a version that is not a release.
    package func lints(version: String) -> [Lint] {
        guard let release = ReleaseNumber(version) else { return [] }
        return Self.rules.filter { $0.releases(release) && $0.applies(self) }.map(\.lint)
    }

    private struct Rule: Sendable {
        let releases: @Sendable (ReleaseNumber) -> Bool
        let applies: @Sendable (DatabaseForm) -> Bool
        let lint: Lint

        init(
            before release: ReleaseNumber, isRefused: Bool = false, _ sentence: String, remedy: String,
            applies: @escaping @Sendable (DatabaseForm) -> Bool
        ) {
            releases = { $0 < release }
            self.applies = applies
            lint = Lint(sentence: sentence, remedy: remedy, isRefused: isRefused)
        }
    }

    /// Seen in releases and run for real: 0.6.43 ends with `Unrecognized or unsupported scheme`.
    private static let peeweeSchemes: Set<String> = ["postgres", "postgresql", "sqlite"]

    private static let rules = [
        Rule(
            before: ReleaseNumber(0, 9, 6), isRefused: true,
            "Open WebUI up to 0.9.5 refuses a database URL with a driver in its scheme.",
            remedy: "write it as postgresql://… in DATABASE_URL"
        ) { !peeweeSchemes.contains($0.scheme) && !$0.scheme.hasPrefix("sqlite+sqlcipher") },
        Rule(
            before: .parts,
            "Open WebUI before 0.6.19 does not read DATABASE_TYPE, DATABASE_HOST and the like, but DATABASE_URL.",
            remedy: "make sure that DATABASE_URL leads to the same database"
        ) { $0.hasParts },
        Rule(
            before: ReleaseNumber(0, 5, 5), "Open WebUI before 0.5.5 may not read DATABASE_SCHEMA; 0.5.0 does not.",
            remedy: "make sure that the search_path of the database's role leads to that schema"
        ) { $0.hasSchema },
        Rule(
            before: ReleaseNumber(0, 12, 0),
            "Migrations of Open WebUI before 0.12.0 ignore DATABASE_SCHEMA and work where the role's search_path leads.",
            remedy: "make sure that the search_path of the database's role leads to that schema"
        ) { $0.hasSchema },
        Rule(
            before: ReleaseNumber(0, 10, 0), "Open WebUI before 0.10.0 does not read DATABASE_ENABLE_IAM_TOKEN_AUTH.",
            remedy: "give it a password that lasts"
        ) { $0.usesTokens },
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
