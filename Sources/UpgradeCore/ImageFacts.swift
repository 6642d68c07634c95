/// What was read from the files of an image, without running anything of it.
package struct ImageFacts: Codable, Equatable, Sendable {
    /// The name that was asked for.
    package let image: String
    /// What `/api/version` will say.
    package let version: String
    /// The migrations inside, first to last.
    package let chain: [String]
    /// What pins the image: a digest of the image, or of the files that were read.
    package let digest: String
    /// The name under which exactly this image runs, whatever its tag comes to mean (`name:tag@sha256:…`); nil where the
    /// name that was asked for is already exact.
    package let pinned: String?

    package init(image: String, version: String, chain: [String], digest: String, pinned: String? = nil) {
        self.image = image
        self.version = version
        self.chain = chain
        self.digest = digest
        self.pinned = pinned
    }

    /// The last migration; empty only for a chain without any, which the core refuses.
    package var head: String { chain.last ?? "" }
}
