import ArgumentParser
import ReleaseKnowledge

struct ReleasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases", abstract: "List the releases that this tool knows, with the head of each.",
        discussion: "The table explains and warns; an upgrade is decided by what the images' own files say.")

    @Option(help: "Only releases from this one on.")
    var since: String?

    @Option(help: "How to print: text for people, json for machines (one object a line).")
    var output: OutputForm = .text

    func run() async throws {
        try await output.explained {
            let first = try since.map { text in
                guard let number = ReleaseNumber(text) else {
                    throw ValidationError("--since wants a version, such as 0.8.0")
                }
                return number
            }
            for release in KnownRelease.known where first.map({ release.number >= $0 }) ?? true {
                if output == .json {
                    JSONText.line(release)
                } else {
                    let basis = release.basis == .measured ? "" : "  (inferred)"
                    Stream.out(
                        "\(release.number.description.padded(to: 8))  \(release.released.padded(to: 10))  "
                            + "\(release.head)  \(release.revisions) migrations\(basis)\n")
                }
            }
            return .asAsked
        }
    }
}
