import Synchronization
import Testing
import UpgradeCore

@testable import Backends

extension EngineSite {
    func probe() -> ImageProbe { ImageProbe(engine, environment: ["DOCKER_CONFIG": "\(folder)/docker"], home: folder) }

    /// An image of a release in a registry, and no more on the engine.
    func pushed(_ version: String, _ registry: Registry, below path: String = "") async throws -> String {
        let image = "\(registry.host)/\(path)\(name):v\(version)"
        try await projectImage(version, image)
        try await shell("DOCKER_CONFIG=\(folder)/docker /usr/bin/docker push -q \(image)")
        try await docker("image", "rm", image)
        return image
    }
}

@Suite struct `An image` {
    @Test func `of the project is read without running anything of it`() async throws {
        try await EngineSite.with { site in
            let image = "\(site.name):v0.12.4"
            try await site.projectImage("0.12.4", image)
            let begin = try await site.engine.info().time
            let facts = try await site.probe().read(image)
            #expect(facts.image == image)
            #expect(facts.version == "0.12.4")
            #expect(facts.head == "0bd252b206fb")
            #expect(facts.chain.count == 66)
            let id = try await site.engine.image(image).id
            #expect(facts.digest == id)
            // It came from no registry, so that its id alone is exact.
            #expect(facts.pinned == id)
            #expect(try await site.probe().read(id).pinned == nil)
            let removed = try await site.await(anyOf: ["start", "destroy"], image: id, since: begin)
            #expect(removed == "destroy")
            #expect(
                try await site.engine.containers(labels: ["owui-upgrade.probe"]).filter { $0.imageID == id }.isEmpty)
        }
    }

    @Test(arguments: [("/usr/local", "/usr/local/bin:/usr/bin"), ("/opt/venv", "/opt/venv/bin:/usr/local/bin")])
    func `with the package in it is read as well`(root: String, path: String) async throws {
        try await EngineSite.with { site in
            let image = "\(site.name):pip"
            try await site.packageImage("0.6.43", image, root: root, path: path)
            let facts = try await site.probe().read(image)
            #expect(facts.version == "0.6.43")
            #expect(facts.head == "c440947495f3")
        }
    }

    @Test func `without Open WebUI is refused`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            let fault = await #expect(throws: Fault.self) { try await site.probe().read(image) }
            #expect(fault == .notOpenWebUI(image))
            #expect(fault?.kind == .refused)
        }
    }

    @Test func `for another architecture is refused`() async throws {
        try await EngineSite.with { site in
            let image = "\(site.name):other"
            try site.write("Dockerfile", "FROM scratch\nCOPY compose.yaml /app/package.json\n")
            try site.write("compose.yaml", "")
            try await site.docker("build", "-q", "--platform", "linux/s390x", "-t", image, site.folder)
            let fault = await #expect(throws: Fault.self) { try await site.probe().read(image) }
            #expect(fault?.kind == .refused)
            #expect(fault?.why.hasPrefix("it is for linux/s390x, and the engine runs linux/") == true)
        }
    }

    @Test func `with volumes of its own leaves none behind`() async throws {
        try await EngineSite.with { site in
            let image = "\(site.name):v0.12.4"
            let mark = "mkdir image/app/backend/data && touch image/app/backend/data/\(site.name)"
            try await site.projectImage("0.12.4", image, besides: mark, changes: "--change 'VOLUME /app/backend/data'")
            let root = try await site.engine.info().rootFolder
            let volumes = {
                try await site.shell("ls -d \(root)/volumes/*/_data/\(site.name) 2>/dev/null || true").trimmed
            }
            let id = try await site.engine.create(
                name: site.name, image: image, labels: site.labels, command: ["/never"])
            #expect(try await volumes() != "")
            try await site.engine.remove(container: id, withAnonymousVolumes: true)
            #expect(try await volumes() == "")
            _ = try await site.probe().read(image)
            #expect(try await volumes() == "")
        }
    }

    @Test(arguments: [
        ("nginx:1", "docker.io", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io", "docker.io/library/nginx"),
        ("team/app@sha256:00", "docker.io", "docker.io/team/app"),
        ("ghcr.io/open-webui/open-webui:v1", "ghcr.io", "ghcr.io/open-webui/open-webui"),
        ("localhost/a", "localhost", "localhost/a"), ("127.0.0.1:5000/a:1", "127.0.0.1:5000", "127.0.0.1:5000/a"),
    ])
    func `has the registry that docker reads in its name`(name: String, registry: String, full: String) {
        let image = ImageReference(name)
        #expect(image?.registry == registry)
        #expect(image?.fullRepository == full)
    }

    @Test(arguments: ["", "a b", "-", "a:b:c?", "a@b", "ä"]) func `has a name that names can have`(name: String) {
        #expect(name == "-" || ImageReference(name) == nil)
    }
}

@Suite struct `An image of a registry` {
    @Test func `is fetched with progress and pinned by its digest`() async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                // What comes at once is told of once it is all there.
                let image = try await site.pushed("0.12.4", registry, below: "slow/")
                let steps = Mutex<[PullProgress]>([])
                let facts = try await site.probe().read(image) { step in steps.withLock { $0.append(step) } }
                #expect(facts.version == "0.12.4")
                let digest = try #require(try await site.engine.image(image).digests.first?.split(separator: "@").last)
                #expect(facts.pinned == "\(image)@\(digest)")
                let told = steps.withLock { $0 }
                #expect(told.last.map { $0.received > 0 && $0.received == $0.total && $0.done == $0.layers } == true)
                #expect(zip(told, told.dropFirst()).allSatisfy { $0.received <= $1.received })
                // It is there now, and is not fetched again.
                steps.withLock { $0 = [] }
                #expect(try await site.probe().read(image) == facts)
                #expect(steps.withLock { $0.isEmpty })
            }
        }
    }

    @Test func `is found under its pin by engine and Compose, and fetched by it`() async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                let image = try await site.pushed("0.12.4", registry)
                let facts = try await site.probe().read(image)
                let pinned = try #require(facts.pinned)
                #expect(try await site.probe().read(pinned).digest == facts.digest)
                #expect(try await site.probe().read(pinned).pinned == nil)
                for name in [pinned, facts.digest] {
                    try site.write("compose.yaml", "services:\n  web:\n    image: \(name)\n    command: [/never]\n")
                    try await site.shell("docker compose -p \(site.name) create --pull never 2>&1")
                    let made = try await site.engine.container("\(site.name)-web-1")
                    #expect(made.image == name)
                    #expect(made.imageID == facts.digest)
                    try await site.shell("docker compose -p \(site.name) down 2>&1")
                }
                try await site.docker("image", "rm", "-f", facts.digest)
                #expect(try await site.probe().read(pinned).digest == facts.digest)
                try await site.docker("image", "rm", "-f", facts.digest)
            }
        }
    }

    @Test func `whose tag does not exist is missing`() async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                let image = "\(registry.host)/\(site.name):v9"
                let fault = await #expect(throws: Fault.self) { try await site.probe().read(image) }
                #expect(fault?.kind == .missing)
                #expect(fault?.what == "The image \(image) cannot be fetched.")
                #expect(fault?.why.contains("manifest unknown") == true)
                #expect(fault?.remedy.contains("`docker pull \(image)`") == true)
            }
        }
    }

    @Test(arguments: [
        ("limited", "toomanyrequests: You have reached your pull rate limit."),
        ("broken", "received unexpected HTTP status: 500 Internal Server Error"),
    ])
    func `that cannot be had is not, in the registry's words`(repository: String, words: String) async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                let fault = await #expect(throws: Fault.self) {
                    try await site.probe().read("\(registry.host)/\(repository)/app:1")
                }
                #expect(fault?.kind == .failed)
                #expect(fault?.why.contains(words) == true, "\(fault?.why ?? "")")
            }
        }
    }

    @Test func `for which there is no room is not fetched`() async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                try await site.shell("mkdir -p root/bin && head -c 8000000 /dev/urandom >root/bin/large")
                let image = "\(registry.host)/slow/\(site.name):large"
                try await site.shell("tar -C root -c . | /usr/bin/docker import - \(image)")
                try await site.shell("/usr/bin/docker push -q \(image)")
                try await site.docker("image", "rm", image)
                var probe = site.probe()
                probe.freeBytes = { _ in 1_000_000 }
                let small = probe
                let fault = await #expect(throws: Fault.self) { try await small.read(image) }
                #expect(fault?.kind == .exhausted)
                #expect(fault?.why.hasPrefix("1 MB are free in ") == true)
                let gone = await #expect(throws: Fault.self) { try await site.engine.image(image) }
                #expect(gone?.kind == .missing)
            }
        }
    }

    @Test func `that fills the engine's disk is told of in the engine's words`() async throws {
        try await EngineSite.with { site in
            try await Registry.with(site) { registry in
                try await site.shell("mkdir -p root/bin && head -c 16000000 /dev/urandom >root/bin/large")
                let image = "\(registry.host)/slow/\(site.name):large"
                try await site.shell("tar -C root -c . | /usr/bin/docker import - \(image)")
                try await site.shell("/usr/bin/docker push -q \(image)")
                try await OwnEngine.with(site, size: 26_000_000) { own in
                    let engine = Engine(EngineAddress(.socket(path: "\(site.folder)/own.sock")))
                    let careful = ImageProbe(engine, environment: [:], home: site.folder)
                    let before = await #expect(throws: Fault.self) { try await careful.read(image) }
                    #expect(before?.kind == .exhausted)
                    try site.write("fast", "")
                    var blind = careful
                    blind.freeBytes = { _ in nil }
                    let careless = blind
                    let fault = await #expect(throws: Fault.self) { try await careless.read(image) }
                    #expect(fault?.what == "The image \(image) cannot be fetched.")
                    #expect(fault?.why.contains("no space left on device") == true)
                }
            }
        }
    }
}
