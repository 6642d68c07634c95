package import UpgradeCore
package import Wire

/// Where a Docker engine listens, and how this machine gets there.
package struct EngineAddress: Equatable, Sendable {
    /// The ways to an engine.
    package enum Way: Equatable, Sendable {
        /// A Unix socket of this machine.
        case socket(path: String)
        case tcp(host: String, port: Int)
        case tls(host: String, port: Int, HTTPSecurity)
        /// The system's ssh, and `docker system dial-stdio` on the other side.
        case ssh(SSHDestination)
    }

    package let way: Way
    /// As docker writes it in DOCKER_HOST.
    package let text: String

    package init(_ way: Way) {
        self.way = way
        text = Self.text(of: way)
    }

    /// Whether it may be an engine of this machine. A TCP port of this machine may be the end of a tunnel, so that only a
    /// Unix socket counts; that one may be, too, and `Engine.isNear` looks closer.
    package var isOnThisMachine: Bool {
        if case .socket = way { true } else { false }
    }

    /// How many connections may be there at once; nil for any number. Each is an ssh of its own, and sshd drops some of more
    /// than ten that begin together (MaxStartups).
    var connections: Int? {
        if case .ssh = way { 6 } else { nil }
    }

    /// Reads what docker takes for DOCKER_HOST or for the host of one of its contexts.
    package init(host: String, tls: HTTPSecurity? = nil) throws(Fault) {
        let parts = host.firstRange(of: "://").map { (host[..<$0.lowerBound].lowercased(), host[$0.upperBound...]) }
        let (scheme, rest) = parts ?? ("tcp", host[...])
        switch scheme {
        case "unix":
            self.init(.socket(path: rest.isEmpty ? Self.defaultPath : String(rest)))
        case "tcp":
            guard let (name, port) = Self.authority(rest, port: tls == nil ? 2375 : 2376) else {
                throw .badEngineAddress(host, why: "it names no host and port")
            }
            self.init(tls.map { .tls(host: name, port: port, $0) } ?? .tcp(host: name, port: port))
        case "ssh":
            self.init(.ssh(try SSHDestination(host)))
        default:
            throw .badEngineAddress(host, why: "this tool knows unix://, tcp:// and ssh://")
        }
    }

    static let defaultPath = "/var/run/docker.sock"

    /// `host`, `host:port`, `[::1]:port` or `:port`, with a path that nothing may follow.
    static func authority(_ text: Substring, port: Int) -> (host: String, port: Int)? {
        var text = text
        if text.hasSuffix("/") { text.removeLast() }
        guard !text.contains("/"), !text.contains("@") else { return nil }
        let hostEnd = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":")
        let host = text[..<(hostEnd ?? text.endIndex)]
        let rest = text[host.endIndex...]
        guard !rest.isEmpty else { return (host.isEmpty ? "localhost" : String(host), port) }
        guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()) else { return nil }
        return (host.isEmpty ? "localhost" : String(host), Int(number))
    }

    private static func text(of way: Way) -> String {
        switch way {
        case .socket(let path): "unix://\(path)"
        case .tcp(let host, let port), .tls(let host, let port, _): "tcp://\(host):\(port)"
        case .ssh(let destination): destination.text
        }
    }
}

/// The other machine of an `ssh://` address, as docker reads it.
package struct SSHDestination: Equatable, Sendable {
    package let user: String?
    package let host: String
    package let port: Int?
    /// The engine's socket over there, where it is not the usual one.
    package let path: String?

    init(_ address: String) throws(Fault) {
        let rest = address.dropFirst("ssh://".count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest[authority.endIndex...]
        let at = authority.lastIndex(of: "@")
        let user = at.map { String(authority[..<$0]) }
        guard
            let place = EngineAddress.authority(
                at.map { authority[authority.index(after: $0)...] } ?? authority, port: 0),
            !authority.isEmpty, !(at != nil && place.host == "localhost" && authority.hasSuffix("@"))
        else { throw .badEngineAddress(address, why: "it names no machine") }
        guard user?.contains(":") != true else {
            throw .badEngineAddress("ssh://…@\(place.host)", why: "it holds a password, which ssh takes from nobody")
        }
        // What ssh would read as an option.
        guard ![user ?? "", place.host].contains(where: { $0.hasPrefix("-") }) else {
            throw .badEngineAddress(address, why: "user and machine do not begin with a dash")
        }
        self.user = user
        host = place.host
        port = place.port == 0 ? nil : place.port
        self.path = path.isEmpty || path == "/" ? nil : String(path)
    }

    var text: String {
        "ssh://\(user.map { "\($0)@" } ?? "")\(host)\(port.map { ":\($0)" } ?? "")\(path ?? "")"
    }

    /// What ssh is given, as docker's own client gives it; and that it ends, after three questions, where the other machine
    /// has gone without a word.
    var arguments: [String] {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let remote = ["docker"] + (path.map { ["--host", "unix://\($0)"] } ?? []) + ["system", "dial-stdio"]
        let options = ["ConnectTimeout=30", "ServerAliveInterval=15", "BatchMode=yes"].flatMap { ["-o", $0] }
        return options + ["-T"] + (user.map { ["-l", $0] } ?? [])
            + (port.map { ["-p", "\($0)"] } ?? []) + ["--", bare] + remote
    }
}
