/// What was read from the files of an image, without running anything of it.
package struct ImageFacts: Codable, Equatable, Sendable {
    package let image: String
    /// What `/api/version` will say.
    package let version: String
    /// The migrations inside, first to last.
    package let chain: [String]
    /// What pins the image: a digest of the image, or of the files that were read.
    package let digest: String

    package init(image: String, version: String, chain: [String], digest: String) {
        self.image = image
        self.version = version
        self.chain = chain
        self.digest = digest
    }

    /// The last migration; empty only for a chain without any, which the core refuses.
    package var head: String { chain.last ?? "" }
}
