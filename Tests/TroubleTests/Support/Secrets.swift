import Testing

/// What nobody may find in what the tool has written.
enum Secrets {
    /// Expects that neither these, nor the deployment's own, are in any of its files.
    static func expectNone(_ more: [String] = [], in said: String = "", of site: ComposeSite) async throws {
        let address = try TestServer.address()
        let password = address.split(separator: "@").first?.split(separator: ":").last.map(String.init) ?? ""
        let secrets = more + ["a key that nobody may see", password]
        for secret in secrets { #expect(!said.contains(secret), "a secret is in:\n\(said)") }
        let words = ["grep", "--recursive", "--files-with-matches", "--fixed-strings", "--text"]
        let found = try await ChildProcess.run(
            "/usr/bin/env", words + secrets.flatMap { ["--regexp", $0] } + ["\(site.folder)/.owui-upgrade"])
        #expect(found.out.isEmpty, "a secret is in \(found.out)")
    }
}
