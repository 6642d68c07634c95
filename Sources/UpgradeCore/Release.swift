/// What `--to` may ask for: a numbered release, a moving tag or the digest of an image.
package enum Release: Equatable, Sendable {
    /// `v0.12.4`, `0.12.4`, `v0.12.4-cuda`.
    case numbered(Version, variant: String?)
    /// `main`, `dev-slim` or any other tag that is not a number.
    case tag(String)
    /// `sha256:…`
    case digest(String)

    /// Reads what a person typed after `--to`; nil where it can be neither tag nor digest.
    package init?(_ text: String) {
        if text.hasPrefix("sha256:") {
            let hex = text.dropFirst("sha256:".count)
            guard hex.count == 64, hex.allSatisfy({ $0.isASCIIDigit || ("a"..."f").contains($0) }) else { return nil }
            self = .digest(text)
            return
        }
        guard Release.isTag(text) else { return nil }
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let version = Version(parts[0]) else {
            self = .tag(text)
            return
        }
        guard parts.count == 1 || !parts[1].isEmpty else { return nil }
        self = .numbered(version, variant: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// The number, where the release has one.
    package var version: Version? {
        if case .numbered(let version, _) = self { version } else { nil }
    }

    /// What the image has beside the application; of a tag without a number only what upstream publishes is known.
    package var variant: String? {
        switch self {
        case .numbered(_, let variant): variant
        case .tag(let tag): ["cuda", "cuda126", "ollama", "slim"].first { tag == $0 || tag.hasSuffix("-\($0)") }
        case .digest: nil
        }
    }

    /// The grammar of a tag, from the OCI distribution specification: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    private static func isTag(_ text: String) -> Bool {
        guard let first = text.first, text.count <= 128, first != ".", first != "-" else { return false }
        return text.allSatisfy { character in
            character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
        }
    }
}

/// The name of an image as a workload writes it: repository, tag and digest.
///
/// A workload of this machine has no repository: its image is the version alone.
package struct ImageName: Hashable, Sendable, CustomStringConvertible {
    package var repository: String
    package var tag: String?
    package var digest: String?

    /// Reads `ghcr.io/open-webui/open-webui:v0.6.43-cuda@sha256:…`; a bare `0.6.43` is a tag without repository.
    package init(_ text: String) {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        digest = halves.count == 2 ? String(halves[1]) : nil
        let name = halves.first.map(String.init) ?? ""
        let slash = name.lastIndex(of: "/") ?? name.startIndex
        if let colon = name[slash...].lastIndex(of: ":") {
            repository = String(name[..<colon])
            tag = String(name[name.index(after: colon)...])
        } else if !name.contains("/"), Version(name.split(separator: "-").first ?? "") != nil {
            repository = ""
            tag = name
        } else {
            repository = name
            tag = nil
        }
    }

    package var description: String {
        var text = repository
        if let tag { text += repository.isEmpty ? tag : ":\(tag)" }
        if let digest { text += "@\(digest)" }
        return text
    }

    /// The name for people: a number says by itself which image it is; what another tag leads to is told by the first
    /// digits of its digest.
    package static func told(_ image: String) -> String {
        let name = ImageName(image)
        guard let digest = name.digest, let mark = digest.firstIndex(of: ":") else { return image }
        var short = name
        short.digest = nil
        if name.release?.version != nil { return short.description }
        return "\(short)@\(digest[...mark])\(digest[digest.index(after: mark)...].prefix(12))"
    }

    /// The release that the tag names, where it names one.
    package var release: Release? { tag.flatMap(Release.init) }

    /// The image of another release of the same repository.
    ///
    /// The variant of the present tag (`-cuda`, `-ollama`, `-slim`) is kept unless the release names its own, and so
    /// is its way of writing the number, with or without a `v`.
    package func at(_ release: Release) -> ImageName {
        var image = self
        image.digest = nil
        switch release {
        case .digest(let digest):
            image.tag = nil
            image.digest = digest
        case .tag(let tag):
            image.tag = tag
        case .numbered(let version, let asked):
            let variant = (asked ?? self.release?.variant).map { "-\($0)" } ?? ""
            image.tag = (writesPlainNumbers ? "" : "v") + "\(version)\(variant)"
        }
        return image
    }

    private var writesPlainNumbers: Bool {
        guard let first = tag?.first else { return repository.isEmpty }
        return first.isASCIIDigit
    }
}
