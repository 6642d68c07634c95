import UpgradeCore

/// The name of an image as a registry's engine takes it.
/// https://github.com/distribution/reference/blob/main/reference.go
struct ImageReference: Equatable, Sendable {
    let written: String
    let name: ImageName
    /// The host of its registry, with the port where one is written; `docker.io` where none is.
    let registry: String
    /// What docker calls the repository in full: `docker.io/library/nginx`.
    let fullRepository: String

    /// nil for what names no repository, or has signs that no name has.
    init?(_ text: String) {
        written = text
        name = ImageName(text)
        let isPlain = { (text: String, signs: String) in
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || signs.contains($0)) }
        }
        guard isPlain(name.repository, "._-/:[]"), name.tag.map({ isPlain($0, "._-") }) ?? true,
            name.digest.map({ isPlain($0, ":+._-") && $0.contains(":") }) ?? true
        else { return nil }
        (registry, fullRepository) = Self.registry(of: name.repository)
    }

    /// The first part is a host where it cannot be part of a name on the Docker Hub.
    private static func registry(of repository: String) -> (registry: String, full: String) {
        let parts = repository.split(separator: "/", maxSplits: 1)
        if parts.count == 2, parts[0].contains(where: { ".:".contains($0) }) || parts[0] == "localhost" {
            let host = parts[0] == "index.docker.io" ? "docker.io" : String(parts[0])
            let path = host == "docker.io" && !parts[1].contains("/") ? "library/\(parts[1])" : String(parts[1])
            return (host, "\(host)/\(path)")
        }
        return ("docker.io", repository.contains("/") ? "docker.io/\(repository)" : "docker.io/library/\(repository)")
    }

    /// The same name, with this digest behind it.
    func pinned(to digest: String) -> String {
        var name = name
        name.digest = digest
        return name.description
    }
}
