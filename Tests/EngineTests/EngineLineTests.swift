import Glibc
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `An engine of another machine` {
    @Test func `is spoken to with certificates of both sides, until it goes`() async throws {
        try await EngineSite.with { site in
            try await OwnEngine.with(site) { own in
                let engine = Engine(try own.address())
                #expect(try await engine.info().rootFolder.hasSuffix("/data"))
                #expect(try await engine.containers().isEmpty)

                let stranger = await #expect(throws: Fault.self) {
                    try await Engine(own.address(certificate: false)).info()
                }
                #expect(stranger?.kind == .unavailable || stranger?.kind == .denied)
                let untrusted = await #expect(throws: Fault.self) {
                    try await Engine(own.address(authorities: "other.pem")).info()
                }
                #expect(untrusted?.kind == .denied)
                let plain = await #expect(throws: Fault.self) {
                    try await Engine(EngineAddress(host: "tcp://127.0.0.1:\(own.port)")).info()
                }
                #expect(plain?.kind == .invalid)
                #expect(plain?.why == "Client sent an HTTP request to an HTTPS server.")

                let events = try await engine.events()
                kill(own.daemon.pid, SIGTERM)
                let ended = await #expect(throws: Fault.self) { for try await _ in events {} }
                #expect(ended?.kind == .unavailable)
                #expect(
                    ended?.what == "The Docker engine at tcp://127.0.0.1:\(own.port) has ended its stream of events.")
            }
        }
    }

    @Test func `is reached through ssh, as docker's own client reaches it`() async throws {
        try await EngineSite.with { site in
            try site.write(
                "ssh",
                """
                #!/bin/sh
                echo "$@" >>\(site.folder)/arguments
                DOCKER_HOST=\(site.engine.address.text) exec /usr/bin/docker system dial-stdio
                """)
            try await site.shell("chmod 755 ssh")
            let address = try EngineAddress(host: "ssh://deploy@engine.example:2222")
            let engine = Engine(address, ssh: "\(site.folder)/ssh")
            #expect(try await engine.info().id == site.engine.info().id)
            #expect(try await !engine.isNear())
            #expect(try await site.engine.isNear())
            let image = try await site.shellImage()
            let events = try await engine.events(filters: ["label": ["owui.test=\(site.name)"]])
            let id = try await engine.create(name: "\(site.name)-1", image: image, labels: site.labels, command: ["sh"])
            var iterator = events.makeAsyncIterator()
            #expect(try await iterator.next(isolation: nil)?.actor == id)
            #expect(try await engine.archive(container: id, path: "/bin")?.isEmpty == false)
            let line =
                "-o ConnectTimeout=30 -o ServerAliveInterval=15 -o BatchMode=yes -T -l deploy -p 2222 -- engine.example "
                + "docker system dial-stdio"
            #expect(Set(try site.text("\(site.folder)/arguments").split(separator: "\n").map(String.init)) == [line])
        }
    }

    @Test func `is not asked by more ssh at once than its sshd lets begin`() async throws {
        try await EngineSite.with { site in
            try site.write(
                "ssh",
                """
                #!/bin/sh
                mkdir -p \(site.folder)/ssh.d && touch \(site.folder)/ssh.d/$$
                DOCKER_HOST=\(site.engine.address.text) exec /usr/bin/docker system dial-stdio
                """)
            try await site.shell("chmod 755 ssh")
            let engine = Engine(try EngineAddress(host: "ssh://engine.example"), ssh: "\(site.folder)/ssh")
            let all = try await Together.all(Array(0..<40)) { (_) async throws(Fault) in try await engine.info().id }
            #expect(Set(all).count == 1)
            #expect((LocalFile.names(in: "\(site.folder)/ssh.d") ?? []).count <= 6)
        }
    }

    @Test func `that ssh does not reach is away, in the words of ssh`() async throws {
        try await EngineSite.with { site in
            try site.write("ssh", "#!/bin/sh\necho 'ssh: Could not resolve hostname engine.example' >&2\nexit 255\n")
            try await site.shell("chmod 755 ssh")
            let engine = Engine(try EngineAddress(host: "ssh://engine.example"), ssh: "\(site.folder)/ssh")
            let fault = await #expect(throws: Fault.self) { try await engine.info() }
            #expect(fault?.kind == .unavailable)
            #expect(fault?.why == "ssh: Could not resolve hostname engine.example")
            let none = Engine(try EngineAddress(host: "ssh://engine.example"), ssh: "\(site.folder)/none")
            let missing = await #expect(throws: Fault.self) { try await none.info() }
            #expect(missing?.why.hasPrefix("\(site.folder)/none cannot be run: ") == true)
        }
    }
}
