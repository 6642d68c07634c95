import Glibc
import Testing
import UpgradeCore

@testable import Wire

/// `openssl s_server` with a certificate made for it, which answers every GET with a page.
private final class SecureServer: Sendable {
    let port: String
    let folder: String
    private let child: Child

    var certificate: String { folder + "/certificate.pem" }
    var key: String { folder + "/key.pem" }

    init(name: String, wantsClient: Bool = false) async throws {
        var template = Array("/tmp/wire-tls.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SocketFailure(call: "mkdtemp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (certificate, key) = (folder + "/certificate.pem", folder + "/key.pem")
        try await Child.run([
            "sh", "-c", #"exec "$@" 2>/dev/null"#, "sh", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", "/CN=test",
            "-addext", "subjectAltName=\(name)",
        ])
        let client = wantsClient ? ["-Verify", "1", "-verify_return_error", "-CAfile", certificate] : []
        let command = ["sh", "-c", #"exec "$@" 2>&1"#, "sh", "openssl", "s_server", "-accept", "127.0.0.1:0"]
        let files = ["-cert", certificate, "-key", key, "-www"]
        child = try Child(command + files + client)
        self.folder = folder
        port = try await blocking { [child] in
            while true {
                let line = child.read(lines: 1)
                if line.hasPrefix("ACCEPT") { return String(line.dropLast().split(separator: ":").last ?? "") }
                guard !line.isEmpty else { throw SocketFailure(call: "openssl s_server") }
            }
        }
    }

    deinit {
        kill(child.process, SIGKILL)
        _ = child.end()
        for path in [certificate, key, folder] { remove(path) }
    }
}

@Suite struct `HTTP over TLS` {
    let session = HTTPSession()

    private func status(_ server: SecureServer, _ tls: HTTPSecurity) async throws -> Int {
        try await session.send(HTTPRequest("GET", "https://127.0.0.1:\(server.port)/", tls: tls)).status
    }

    @Test(arguments: [true, false]) func `that ends before it begins is a side that is away`(isReset: Bool) async throws
    {
        let server = try LoopbackServer { client in client.awaitWord(reading: !isReset) }
        let address = "https" + server.url.dropFirst("http".count)
        let fault = await refusal { _ = try await session.send(HTTPRequest("GET", "\(address)/")) }
        #expect(fault?.kind == .unavailable, "\(fault?.why ?? "")")
    }

    @Test func `trusts the authority that is named, and no other`() async throws {
        let server = try await SecureServer(name: "IP:127.0.0.1")
        #expect(try await status(server, HTTPSecurity(authorities: server.certificate)) == 200)
        let unknown = try #require(await refusal { _ = try await status(server, HTTPSecurity()) })
        #expect(unknown.kind == .denied)
        #expect(!unknown.why.isEmpty)
    }

    @Test func `wants a certificate for the host, unless it is told not to`() async throws {
        let server = try await SecureServer(name: "DNS:elsewhere.example")
        var tls = HTTPSecurity(authorities: server.certificate)
        #expect(await refusal { _ = try await status(server, tls) }?.kind == .denied)
        tls.verifiesHost = false
        #expect(try await status(server, tls) == 200)
        tls.authorities = nil
        #expect(await refusal { _ = try await status(server, tls) }?.kind == .denied)
    }

    @Test func `shows a certificate of its own where one is wanted`() async throws {
        let server = try await SecureServer(name: "IP:127.0.0.1", wantsClient: true)
        var tls = HTTPSecurity(authorities: server.certificate)
        #expect(await refusal { _ = try await status(server, tls) } != nil)
        tls.certificate = server.certificate
        tls.key = server.key
        #expect(try await status(server, tls) == 200)
    }

    @Test func `says that a file it was given cannot be used`() async throws {
        let server = try await SecureServer(name: "IP:127.0.0.1")
        let noAuthorities = HTTPSecurity(authorities: "/nonexistent.pem")
        #expect(await refusal { _ = try await status(server, noAuthorities) }?.kind == .invalid)
        let noKey = HTTPSecurity(authorities: server.certificate, certificate: "/nonexistent", key: "/nonexistent")
        #expect(await refusal { _ = try await status(server, noKey) }?.kind == .invalid)
    }
}
