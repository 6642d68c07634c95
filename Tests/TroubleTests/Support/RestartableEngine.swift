import Glibc
import UpgradeCore

@testable import Backends

/// An engine of one test, with the images of the stand-in, that can be ended and started again with all that it has.
actor RestartableEngine {
    let site: EngineSite
    nonisolated let address: String
    private let bridge: String
    private var daemon: Daemon?

    /// Lends one; with a `size` its disk has so many bytes.
    static func with(
        size: Int? = nil, images: [String] = ["v0.6.43", "v0.12.4"], _ body: (RestartableEngine) async throws -> Void
    ) async throws {
        try await EngineSite.with { site in
            let engine = RestartableEngine(site)
            let result: Result<Void, any Error>
            do {
                try await engine.makeGround(size)
                try await engine.start()
                let names = images.map { "\(ComposeSite.repository):\($0)" }.joined(separator: " ")
                try await site.shell("docker save \(names) | docker -H \(engine.address) load")
                result = .success(try await body(engine))
            } catch { result = .failure(error) }
            try await engine.clear()
            try result.get()
        }
    }

    private init(_ site: EngineSite) {
        self.site = site
        address = "unix://\(site.folder)/own.sock"
        bridge = "br-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Its bridge and the addresses of its networks are nobody else's.
    private func makeGround(_ size: Int?) async throws {
        let first = "10.\(UInt8.random(in: 100...250))"
        try await site.shell(
            """
            set -e
            /usr/sbin/ip link add \(bridge) type bridge
            /usr/sbin/ip address add \(first).0.1/24 dev \(bridge)
            mkdir data
            \(size.map { "mount -t tmpfs -o size=\($0) tmpfs data" } ?? "")
            echo '{"default-address-pools": [{"base": "\(first).128.0/17", "size": 24}]}' >engine.json
            """)
    }

    /// Starts it, and returns when it answers.
    func start() async throws {
        let folder = site.folder
        daemon = try await Daemon.start(
            """
            dockerd --data-root \(folder)/data --exec-root \(folder)/exec --pidfile \(folder)/engine.pid \
            --bridge=\(bridge) --iptables=false --ip-forward=false --ip-masq=false --config-file engine.json \
            -H unix://\(folder)/own.sock
            """, in: folder, log: "engine.log", until: "curl -s --unix-socket own.sock http://d/_ping", within: 600)
        if daemon == nil { throw Trouble("the engine does not start: \(try site.text("\(folder)/engine.log"))") }
        // Started again with address pools of its own, it takes away docker0, which is that of the tests' own engine
        // (`initNetworkController` of 20.10). Its networks it knows by then.
        try await site.shell("echo '{}' >engine.json")
    }

    /// Tells it to end, as a machine that goes down does, and returns when it has.
    func stop() async throws {
        try await daemon?.stop()
        daemon = nil
    }

    private func clear() async throws {
        try await stop()
        try await site.shell("/usr/sbin/ip link delete \(bridge); while umount data; do :; done 2>/dev/null; true")
    }
}
