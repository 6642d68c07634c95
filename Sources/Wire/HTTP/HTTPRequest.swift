internal import UpgradeCore

/// One request, as a value that tests compare.
package struct HTTPRequest: Equatable, Sendable {
    package var method: String
    /// `http://` or `https://`; for a Unix socket the host only fills the Host header.
    package var url: String
    package var headers: [String: String]
    /// Headers whose values are secrets, such as Authorization.
    package var secretHeaders: [String: Secret]
    package var body: [UInt8]
    package var limits: HTTPLimits
    /// The path of a Unix socket to go by instead of TCP.
    package var socket: String?
    package var tls: HTTPSecurity

    package init(
        _ method: String = "GET",
        _ url: String,
        headers: [String: String] = [:],
        secretHeaders: [String: Secret] = [:],
        body: [UInt8] = [],
        limits: HTTPLimits = HTTPLimits(),
        socket: String? = nil,
        tls: HTTPSecurity = HTTPSecurity()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.secretHeaders = secretHeaders
        self.body = body
        self.limits = limits
        self.socket = socket
        self.tls = tls
    }
}

/// How long and how much of an answer is waited for.
package struct HTTPLimits: Equatable, Sendable {
    package var connect: Duration
    /// From the first byte asked to the last byte answered; nil for streams that have no end.
    package var total: Duration?
    /// Without a single byte; whole seconds, rounded up.
    package var idle: Duration?
    /// Bytes of a body that `send` collects; a stream has no such limit.
    package var body: Int

    package init(
        connect: Duration = .seconds(10),
        total: Duration? = .seconds(60),
        idle: Duration? = nil,
        body: Int = 8 << 20
    ) {
        self.connect = connect
        self.total = total
        self.idle = idle
        self.body = body
    }
}

/// Whom to trust and as whom to speak; every path names a PEM file.
package struct HTTPSecurity: Equatable, Sendable {
    /// Only these authorities are trusted; nil trusts those of the system.
    package var authorities: String?
    package var certificate: String?
    package var key: String?
    /// Whether the certificate must be made for the host of the URL.
    package var verifiesHost: Bool

    package init(
        authorities: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        verifiesHost: Bool = true
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.verifiesHost = verifiesHost
    }
}

extension HTTPRequest {
    /// Scheme, host and port, for messages: a path or query may hold what is not to be shown.
    var place: String {
        if let socket { return socket }
        guard let mark = url.firstRange(of: "://") else { return "the given address" }
        return String(url[..<mark.upperBound] + url[mark.upperBound...].prefix { !"/?#".contains($0) })
    }

    /// A proxy from the environment is for the network, not for this machine.
    var isLocal: Bool {
        guard socket == nil, let mark = place.firstRange(of: "://") else { return true }
        let authority = place[mark.upperBound...].lowercased()
        if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
        let host = authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasPrefix("127.") || host.hasSuffix(".localhost")
    }

    /// Refuses what curl would understand otherwise than it is meant here.
    func check() throws(Fault) {
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme == "https://" else {
            throw .badRequest("an address begins with http:// or https://")
        }
        let isPlain = { (text: String) in !text.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }
        guard isPlain(url), !url.contains(" ") else {
            throw .badRequest("the address holds a space or a control character")
        }
        guard socket != nil || !place.contains("@") else {
            throw .badRequest("the address holds a user name; it goes into a header")
        }
        let values = headers.map { "\($0.key)\($0.value)" } + secretHeaders.map { $0.key + $0.value.reveal() }
        guard values.allSatisfy(isPlain) else { throw .badRequest("a header holds a control character") }
        guard !method.isEmpty, method.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            throw .badRequest("the method is not a word")
        }
    }

    /// The lines that curl is given. An empty one takes away a header that curl would add of its own.
    var headerLines: [String] {
        let given = Set((Array(headers.keys) + Array(secretHeaders.keys)).map { $0.lowercased() })
        let own = ["Content-Type", "Expect"].filter { !given.contains($0.lowercased()) }.map { "\($0):" }
        let line = { (name: String, value: String) in value.isEmpty ? "\(name);" : "\(name): \(value)" }
        return headers.sorted { $0.key < $1.key }.map { line($0.key, $0.value) }
            + secretHeaders.sorted { $0.key < $1.key }.map { line($0.key, $0.value.reveal()) } + own
    }
}
