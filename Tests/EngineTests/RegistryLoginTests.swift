import Testing
import UpgradeCore
import Wire

@testable import Backends

extension EngineSite {
    /// A program that keeps one login, and writes down what it was asked.
    fileprivate func helper(_ name: String, answer: String, status: Int = 0) async throws -> [String: String] {
        try write(
            "bin/docker-credential-\(name)",
            "#!/bin/sh\necho \"$@\" >>\(folder)/asked\ncat >>\(folder)/asked\ncat <<'A'\n\(answer)\nA\nexit \(status)\n"
        )
        try await shell("chmod 755 bin/*")
        return ["DOCKER_CONFIG": "\(folder)/docker", "PATH": "\(folder)/bin:/usr/bin:/bin"]
    }

    fileprivate func configure(_ text: String) throws { try write("docker/config.json", text) }
}

private let right = "c29tZW9uZTpwYXNzOndvcmQ="

@Suite struct `A registry that lets in only whom it knows` {
    /// Lends a closed registry with an image that only it has.
    private func with(_ body: (EngineSite, Registry, String) async throws -> Void) async throws {
        try await EngineSite.with { site in
            try await Registry.with(site, isClosed: true) { registry in
                try site.configure(#"{"auths":{"\#(registry.host)":{"auth":"\#(right)"}}}"#)
                let image = try await site.pushed("0.12.4", registry)
                try await body(site, registry, image)
            }
        }
    }

    @Test func `is told the login of docker's configuration`() async throws {
        try await with { site, _, image in
            let facts = try await site.probe().read(image)
            #expect(facts.version == "0.12.4")
        }
    }

    @Test func `is told the login of an older configuration`() async throws {
        try await with { site, registry, image in
            try site.configure(#"{"auths":{"https://\#(registry.host)/v1/":{"auth":"\#(right)"}}}"#)
            #expect(try await site.probe().read(image).version == "0.12.4")
        }
    }

    @Test func `is told what the registry's own program keeps`() async throws {
        try await with { site, registry, image in
            let environment = try await site.helper(
                "mine", answer: #"{"ServerURL":"\#(registry.host)","Username":"someone","Secret":"pass:word"}"#)
            try site.configure(#"{"credHelpers":{"\#(registry.host)":"mine"},"credsStore":"other"}"#)
            let probe = ImageProbe(site.engine, environment: environment, home: site.folder)
            #expect(try await probe.read(image).version == "0.12.4")
            let asked = try site.text("\(site.folder)/asked")
            #expect(asked == "get\n\(registry.host)")
        }
    }

    @Test func `refuses whom it does not know, in its own words`() async throws {
        try await with { site, registry, image in
            try site.configure(#"{"auths":{"\#(registry.host)":{"auth":"c29tZW9uZTpvdGhlcg=="}}}"#)
            let fault = await #expect(throws: Fault.self) { try await site.probe().read(image) }
            #expect(fault?.why.contains("unauthorized") == true)
            #expect(fault?.remedy.contains("`docker login \(registry.host)`") == true)
            try site.configure("{}")
            let anonymous = await #expect(throws: Fault.self) { try await site.probe().read(image) }
            #expect(anonymous?.why.contains("no basic auth credentials") == true)
        }
    }

    @Test func `refuses without what its program did not tell, and that program is heard`() async throws {
        try await with { site, registry, image in
            let environment = try await site.helper("mine", answer: "the keychain is locked", status: 1)
            try site.configure(#"{"credsStore":"mine"}"#)
            let probe = ImageProbe(site.engine, environment: environment, home: site.folder)
            let fault = await #expect(throws: Fault.self) { try await probe.read(image) }
            #expect(fault?.why.hasSuffix("docker-credential-mine: the keychain is locked") == true)
            try site.configure(#"{"credsStore":"none-such"}"#)
            let missing = await #expect(throws: Fault.self) { try await probe.read(image) }
            #expect(missing?.why.contains("docker-credential-none-such cannot be run") == true)
        }
    }
}

@Suite struct `A login` {
    private func configuration(_ text: String, _ body: (DockerConfiguration) throws -> Void) async throws {
        let folder = "/tmp/owui-login-\(UInt64.random(in: 0...UInt64.max))"
        try LocalFile.makeFolder(folder)
        try LocalFile.replace("\(folder)/config.json", with: Array(text.utf8))
        let result: Result<Void, any Error>
        do { result = .success(try body(DockerConfiguration(folder: folder))) } catch { result = .failure(error) }
        _ = try await Tool.shell("rm -rf \(folder)", named: "rm", environment: [:], permit: .always)
        try result.get()
    }

    @Test func `is in the file for a registry that has no program of its own by name`() async throws {
        try await configuration(#"{"credHelpers":{"ghcr.io":""},"credsStore":"other"}"#) { configuration in
            #expect(configuration.helper(for: "ghcr.io") == nil)
            #expect(configuration.helper(for: "gcr.io") == "docker-credential-other")
        }
    }

    @Test func `for the Docker Hub is kept under its old address`() async throws {
        let text = #"{"auths":{"https://index.docker.io/v1/":{"auth":"\#(right)"}},"credHelpers":{"gcr.io":"gcloud"}}"#
        try await configuration(text) { configuration in
            let login = try configuration.login(for: "docker.io")
            #expect(login == .password(user: "someone", Secret("pass:word")))
            let none = try configuration.login(for: "ghcr.io")
            #expect(none == nil)
            #expect(configuration.helper(for: "gcr.io") == "docker-credential-gcloud")
            #expect(configuration.helper(for: "ghcr.io") == nil)
        }
    }

    @Test func `by a token is sent as one`() async throws {
        try await configuration(#"{"auths":{"r.io":{"auth":"\#(right)","identitytoken":"t"}}}"#) { configuration in
            let login = try configuration.login(for: "r.io")
            #expect(login == .token(Secret("t")))
            let header = try login?.header(for: "r.io").reveal()
            #expect(header == "eyJpZGVudGl0eXRva2VuIjoidCIsInNlcnZlcmFkZHJlc3MiOiJyLmlvIn0=")
        }
    }

    @Test func `that cannot be understood is refused without being shown`() async throws {
        try await configuration(#"{"auths":{"r.io":{"auth":"bm90aGluZw=="}}}"#) { configuration in
            let fault = #expect(throws: Fault.self) { try configuration.login(for: "r.io") }
            #expect(fault?.kind == .invalid)
            #expect(fault?.why.contains("bm90") == false)
        }
    }
}
