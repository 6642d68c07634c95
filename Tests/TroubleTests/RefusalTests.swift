import Testing

@testable import Backends

/// What is refused before anything was changed, on a deployment that runs.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A deployment of which the engine cannot be asked` {
    /// All of it on one project, which is the same afterwards.
    @Test func `is left as it is, and the engine's own trouble is told`() async throws {
        try await ComposeSite.play(ComposeSite.Shape(replicas: 1)) { site in
            try await site.up()
            let before = try await site.state()
            try await EngineSite.with { ground in
                try await asksInVain(site, ground)
                try await asksElsewhere(site)
                try await findsNoCompose(site, ground)
            }
            #expect(try await site.state() == before)
        }
    }

    private func asksInVain(_ site: ComposeSite, _ ground: EngineSite) async throws {
        let nowhere = ["DOCKER_HOST": "unix://\(ground.folder)/none.sock"]
        let words = ["--compose", site.folder]
        for words in [words, ["--swarm", "web"]] {
            try await Refusing("No Docker engine listens at", "there is no \(ground.folder)/none.sock", "systemctl")
                .expect(words, nowhere)
            try await FakeEngine.with(ground, api: "1.40") { engine in
                try await Refusing("is too old: it is 19.03.15", "it speaks API 1.40, and 1.41 is needed")
                    .expect(words, ["DOCKER_HOST": engine.address])
            }
        }
        try await ground.shell("chmod 755 . && mkdir -m 755 chat home && chown nobody home && cp \(Workshop.tool) tool")
        try await ground.shell("cp \(site.folder)/compose.yaml \(site.folder)/.env \(site.folder)/instance.env chat")
        try await ground.shell("chmod 644 chat/* chat/.env; chmod 660 \(try ground.socket)")
        let nobody = [
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "HOME=\(ground.folder)/home",
        ]
        for words in [["--compose", "\(ground.folder)/chat"], ["--swarm", "web"]] {
            try await Refusing("may not be asked by this user", "permission denied on", "usermod -aG docker")
                .expect(
                    words, ["DOCKER_HOST": try TestEngine.address()], by: nobody, tool: "\(ground.folder)/tool")
        }
    }

    /// Journal and lock of a project are beside its files: two machines would not see each other's.
    private func asksElsewhere(_ site: ComposeSite) async throws {
        let words = ["--compose", site.folder]
        let refusing = Refusing(
            "the engine of another machine", "run `owui-upgrade` on the machine where that engine runs")
        for host in ["ssh://127.0.0.1", "tcp://127.0.0.1:2376"] {
            try await refusing.expect(words, ["DOCKER_HOST": host])
        }
        // A socket of this machine may be the end of a tunnel.
        let renamed = ["unshare", "--uts", "sh", "-c", "hostname elsewhere; exec \"$0\" \"$@\""]
        try await refusing.expect(words, ["DOCKER_HOST": try TestEngine.address()], by: renamed)
    }

    private func findsNoCompose(_ site: ComposeSite, _ ground: EngineSite) async throws {
        let words = ["--compose", site.folder]
        let engine = ["DOCKER_HOST": try TestEngine.address()]
        try await Refusing("docker is not on this machine", "install Docker's client")
            .expect(words, engine.merging(["PATH": "/nowhere"]) { $1 })
        let hiding =
            "for f in /usr/lib*/docker/cli-plugins /usr/local/lib*/docker/cli-plugins; do "
            + "[ ! -d $f ] || mount -t tmpfs tmpfs $f; done; exec \"$0\" \"$@\""
        try await Refusing("`docker compose` is not on this machine", "docker-compose-plugin", hiding: ["--short"])
            .expect(words, engine, by: ["unshare", "--mount", "sh", "-c", hiding])
        try ground.write("bin/docker", "#!/bin/sh\necho Docker Compose version v2.19.1\n")
        try await ground.shell("chmod 755 bin/docker")
        try await Refusing("Compose is too old", "it is 2.19.1, and at least 2.20 is needed")
            .expect(words, engine.merging(["PATH": "\(ground.folder)/bin:/usr/bin:/bin"]) { $1 })
    }

    @Test func `is no service of a swarm where the engine is in none, or is no manager`() async throws {
        let words = ["--swarm", "web"]
        try await Refusing("is in no swarm that it could be asked about", "`inactive`")
            .expect(words, ["DOCKER_HOST": try TestEngine.address()])
        let worker =
            #"{"LocalNodeState": "active", "ControlAvailable": false, "NodeID": "n", "NodeAddr": "a", "Error": ""}"#
        try await EngineSite.with { ground in
            try await FakeEngine.with(ground, swarm: worker) { engine in
                try await Refusing("is no manager of its swarm", "only managers may be asked", "docker node ls")
                    .expect(words, ["DOCKER_HOST": engine.address])
            }
        }
    }

    @Test func `is none where no service of a project is Open WebUI, or two are`() async throws {
        try await EngineSite.with { ground in
            try ground.write("none/compose.yaml", "services: {db: {image: \"postgres:15\"}}\n")
            let image = "ghcr.io/open-webui/open-webui:v0.6.43"
            let one = { (name: String) in
                "  \(name): {image: \"\(image)\", environment: {DATABASE_URL: \"x://\(name)\"}}\n"
            }
            try ground.write("two/compose.yaml", "services:\n\(one("first"))\(one("second"))")
            let engine = ["DOCKER_HOST": try TestEngine.address()]
            try await Refusing("No service of none is Open WebUI by its image", "it has db", "--service NAME")
                .expect(["--compose", "\(ground.folder)/none"], engine)
            try await Refusing("More than one service is Open WebUI: first, second", "`--service first`")
                .expect(["--compose", "\(ground.folder)/two"], engine)
        }
    }
}

extension ComposeSite {
    /// Everything of it that an upgrade could change.
    struct State: Equatable {
        let containers: [Container]
        let files: [String]
    }

    func state() async throws -> State {
        State(containers: try await containers(), files: [try Files.read(composeFile), try Files.read(variablesFile)])
    }
}

extension `With an engine of its own in a swarm` {
    @Suite(.tags(.postgres, .engine))
    struct `A swarm in which no service is the one` {
        @Test func `says what there is, and how one is named`() async throws {
            try await Workshop.inTurn {
                try await RestartableEngine.with(images: ["v0.6.43"]) { engine in
                    try await TestEngine.$other.withValue(engine.address) {
                        try await TestEngine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"])
                        try await refused(engine.site)
                    }
                }
            }
        }

        private func refused(_ ground: EngineSite) async throws {
            let environment = ["DOCKER_HOST": try TestEngine.address(), "XDG_STATE_HOME": ground.folder]
            try ground.write("plan.yaml", "swarm: {}\n")
            let words = ["--plan", "\(ground.folder)/plan.yaml"]
            let image = "\(ComposeSite.repository):v0.6.43"
            try await TestEngine.docker(["tag", image, "other/web:1"])
            try await make("db", of: "other/web:1")
            try await Refusing("No service of the swarm is Open WebUI by its image", "it has db", "with --swarm")
                .expect(words, environment)
            try await Refusing("The swarm has no service web", "it has db", "`docker service ls`")
                .expect(["--swarm", "web"], environment)
            for name in ["first", "second"] { try await make(name, of: image) }
            try await Refusing("More than one service is Open WebUI: first, second", "`--swarm first`")
                .expect(words, environment)
        }

        private func make(_ name: String, of image: String) async throws {
            let settings = ["--env", "DATABASE_URL=postgresql://\(name)/x"]
            try await TestEngine.docker(
                ["service", "create", "--quiet", "--no-resolve-image", "--name", name, "--replicas", "0"] + settings + [
                    image
                ])
        }
    }
}
