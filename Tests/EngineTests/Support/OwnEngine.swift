import UpgradeCore
import Wire

@testable import Backends

/// An engine of one test, that listens at a socket and, with certificates, at a port; its bridge is its own.
/// (`--bridge=none` would take away the bridge of every other engine of this machine.)
struct OwnEngine {
    let folder: String
    let port: Int
    let daemon: Daemon

    /// With a `size`, on a disk of that many bytes.
    static func with(
        _ site: EngineSite, size: Int? = nil, _ body: (OwnEngine) async throws -> Void
    ) async throws {
        let bridge = "owui\(UInt32.random(in: 0...UInt32.max))"
        let result: Result<Void, any Error>
        do {
            try await makeGround(site, bridge, size)
            let own = try await start(site, bridge)
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(own)) } catch { outcome = .failure(error) }
            try await own.daemon.stop()
            result = outcome
        } catch { result = .failure(error) }
        try await site.shell("/usr/sbin/ip link delete \(bridge); while umount data; do :; done 2>/dev/null")
        try result.get()
    }

    /// Its bridge, its disk, and certificates for it, for a client, and of a stranger.
    private static func makeGround(_ site: EngineSite, _ bridge: String, _ size: Int?) async throws {
        let subnet = "10.\(UInt8.random(in: 100...250)).\(UInt8.random(in: 0...255))"
        try await site.shell(
            """
            set -e
            /usr/sbin/ip link add \(bridge) type bridge
            /usr/sbin/ip address add \(subnet).1/24 dev \(bridge)
            mkdir data
            \(size.map { "mount -t tmpfs -o size=\($0) tmpfs data" } ?? "")
            echo '{}' >engine.json
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 1 -subj /CN=authority 2>&1
            openssl req -x509 -newkey rsa:2048 -nodes -keyout o-key.pem -out other.pem -days 1 -subj /CN=other 2>&1
            for name in server client; do
                openssl req -new -newkey rsa:2048 -nodes -keyout $name-key.pem -subj /CN=$name \
                    -addext subjectAltName=IP:127.0.0.1 -out $name.csr 2>&1
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 1 \
                    -copy_extensions copy -out $name.pem 2>&1
            done
            """)
    }

    private static func start(_ site: EngineSite, _ bridge: String) async throws -> OwnEngine {
        let folder = site.folder
        let (daemon, port) = try await Daemon.listening { port in
            try await Daemon.start(
                """
                dockerd --data-root \(folder)/data --exec-root \(folder)/exec --pidfile \(folder)/engine.pid \
                --bridge=\(bridge) --iptables=false --ip-forward=false --ip-masq=false \
                --config-file engine.json -H unix://\(folder)/own.sock -H tcp://127.0.0.1:\(port) \
                --tlsverify --tlscacert ca.pem --tlscert server.pem --tlskey server-key.pem
                """, in: folder, log: "engine.log", until: "curl -s --unix-socket own.sock http://d/_ping")
        }
        return OwnEngine(folder: folder, port: port, daemon: daemon)
    }

    func address(authorities: String = "ca.pem", certificate: Bool = true) throws -> EngineAddress {
        let tls = HTTPSecurity(
            authorities: "\(folder)/\(authorities)", certificate: certificate ? "\(folder)/client.pem" : nil,
            key: certificate ? "\(folder)/client-key.pem" : nil)
        return try EngineAddress(host: "tcp://127.0.0.1:\(port)", tls: tls)
    }
}
