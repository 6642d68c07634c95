import FoundationEssentials
import Testing

@testable import Backends

/// A target's image that is not to be had, and what is said of it.
private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The part of the registry that it is looked for in.
    let repository: String
    /// The password that docker's client knows for the registry; nil for none.
    var password: String? = "pass:word"
    let refusing: Refusing

    static let all = [
        Case(
            testDescription: "401, and nobody is logged in", repository: "known", password: nil,
            refusing: Refusing("cannot be fetched", "no basic auth credentials", "`docker login 127.0.0.1:")),
        Case(
            testDescription: "401, and the login is wrong", repository: "known", password: "the-wrong-word",
            refusing: Refusing(
                "cannot be fetched", "unauthorized", "`docker login 127.0.0.1:",
                hiding: ["the-wrong-word", Case.login("the-wrong-word")])),
        Case(
            testDescription: "404", repository: "known",
            refusing: Refusing("cannot be fetched", "manifest unknown", "`docker pull 127.0.0.1:")),
        Case(
            testDescription: "429", repository: "limited",
            refusing: Refusing("cannot be fetched", "toomanyrequests: You have reached your pull rate limit.")),
        Case(
            testDescription: "500", repository: "broken",
            refusing: Refusing("cannot be fetched", "received unexpected HTTP status: 500 Internal Server Error")),
        Case(
            testDescription: "another architecture", repository: "other",
            refusing: Refusing(
                "is not for this engine's machine", "it is for linux/s390x", "`docker image rm 127.0.0.1:")),
    ]

    static func login(_ password: String) -> String { Data("someone:\(password)".utf8).base64EncodedString() }
}

/// Images that are not to be had, by a real registry with a web server before it.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A target whose image is not to be had` {
    @Test func `is refused in the registry's words, and the deployment is left as it is`() async throws {
        // A registry does not live long enough to wait for a turn.
        try await Workshop.inTurn {
            try await EngineSite.with { ground in
                try await Registry.with(ground, isClosed: true) { registry in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for one in Case.all { group.addTask { try await refused(one, ground, registry) } }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    private func refused(_ one: Case, _ ground: EngineSite, _ registry: Registry) async throws {
        let repository = "\(registry.host)/\(one.repository)/\(ground.name)/open-webui"
        try await TestEngine.docker(["tag", "\(ComposeSite.repository):v0.6.43", "\(repository):v0.6.43"])
        if one.repository == "other" { try await ground.makeForeignImage("\(repository):v0.12.4") }
        let shape = ComposeSite.Shape(repository: repository, replicas: 1)
        try await ComposeSite.play(shape) { site in
            try await site.up()
            try Files.makeFolder("\(site.folder)/docker")
            let auth = one.password.map { #""\#(registry.host)": {"auth": "\#(Case.login($0))"}"# } ?? ""
            try Files.write(#"{"auths": {\#(auth)}}"#, to: "\(site.folder)/docker/config.json")
            let before = try await site.state()
            let environment = ["DOCKER_HOST": try TestEngine.address(), "DOCKER_CONFIG": "\(site.folder)/docker"]
            try await one.refusing.expect(["--compose", site.folder], environment)
            #expect(try await site.state() == before, "\(one)")
            try await Secrets.expectNone(one.refusing.hiding, of: site)
        }
    }

    @Test func `is refused before it comes where there is no room for it`() async throws {
        try await EngineSite.with { ground in
            try await Registry.with(ground) { registry in
                let repository = "\(registry.host)/\(ground.name)/open-webui"
                try await ground.shell("mkdir -p root/bin && head -c 60000000 /dev/urandom >root/bin/large")
                try await ground.shell("tar -C root -c . | docker import - \(repository):v0.12.4")
                try await ground.shell("docker push -q \(repository):v0.12.4")
                try await RestartableEngine.with(size: 140_000_000, images: ["v0.6.43"]) { engine in
                    try await TestEngine.$other.withValue(engine.address) {
                        try await roomless(repository)
                    }
                }
            }
        }
    }

    private func roomless(_ repository: String) async throws {
        try await TestEngine.docker(["tag", "\(ComposeSite.repository):v0.6.43", "\(repository):v0.6.43"])
        try await ComposeSite.play(ComposeSite.Shape(repository: repository, replicas: 1)) { site in
            try await site.up()
            let before = try await site.state()
            try await Refusing("There is no room for the image", "MB are free in", "`docker system df`")
                .expect(["--compose", site.folder], ["DOCKER_HOST": try TestEngine.address()])
            #expect(try await site.state() == before)
            let images = try await TestEngine.docker(["image", "ls", "--format", "{{.Tag}}", repository])
            #expect(images == "v0.6.43\n")
        }
    }
}

extension `With an engine of its own in a swarm` {
    @Suite(.tags(.postgres, .engine))
    struct `A target of a service whose image is not to be had` {
        @Test func `is refused in the registry's words, and the service is left as it is`() async throws {
            // A registry does not live long enough to wait for a turn.
            try await Workshop.inTurn {
                try await RestartableEngine.with(images: ["v0.6.43"]) { engine in
                    try await Registry.with(engine.site, isClosed: true) { registry in
                        try await TestEngine.$other.withValue(engine.address) {
                            try await TestEngine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"])
                            for one in Case.all { try await refused(one, engine.site, registry) }
                        }
                    }
                }
            }
        }

        private func refused(_ one: Case, _ ground: EngineSite, _ registry: Registry) async throws {
            let repository = "\(registry.host)/\(one.repository)/\(ground.name)/open-webui"
            try await TestEngine.docker(["tag", "\(SwarmSite.repository):v0.6.43", "\(repository):v0.6.43"])
            if one.repository == "other" { try await ground.makeForeignImage("\(repository):v0.12.4") }
            try await SwarmSite.play(SwarmSite.Shape(repository: repository, replicas: 1)) { site in
                try await site.up()
                let auth = one.password.map { #""\#(registry.host)": {"auth": "\#(Case.login($0))"}"# } ?? ""
                try Files.write(#"{"auths": {\#(auth)}}"#, to: "\(site.folder)/config.json")
                let before = try await site.spec()
                let environment = [
                    "DOCKER_HOST": try TestEngine.address(), "DOCKER_CONFIG": site.folder,
                    "XDG_STATE_HOME": site.folder,
                ]
                try await one.refusing.expect(["--swarm", site.service], environment)
                #expect(try await site.spec() == before, "\(one)")
                #expect(try await site.serving() == ["0.6.43"], "\(one)")
            }
        }
    }
}

extension EngineSite {
    /// An image for a machine that this one is not.
    fileprivate func makeForeignImage(_ image: String) async throws {
        try write("foreign/Dockerfile", "FROM scratch\nCOPY Dockerfile /app/package.json\n")
        try await TestEngine.docker(["build", "-q", "--platform", "linux/s390x", "-t", image, "\(folder)/foreign"])
    }
}
