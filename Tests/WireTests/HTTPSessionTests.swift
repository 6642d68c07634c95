import Testing
import UpgradeCore

@testable import Wire

func refusal(of body: () async throws -> Void) async -> Fault? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Fault
    }
}

@Suite struct `An HTTP request` {
    let session = HTTPSession()

    @Test func `brings status, headers and body`() async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.answer("grüß", status: "418 I'm a teapot", headers: "X-One: a \r\nx-one: b\r\n")
        }
        let response = try await session.send(HTTPRequest("GET", server.url + "/"))
        #expect(response.status == 418)
        #expect(response.header("X-ONE") == "a")
        #expect(response.head.headers.filter { $0.name.lowercased() == "x-one" }.map(\.value) == ["a", "b"])
        #expect(response.header("none") == nil)
        #expect(String(decoding: response.body, as: UTF8.self) == "grüß")
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
    func `says what it was told to say and nothing of its own`(method: String) async throws {
        let seen = Seen<String>()
        let server = try LoopbackServer { client in
            seen.append(client.request())
            client.say("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let body = method == "HEAD" ? [] : Array("{\"a\":1}".utf8)
        let request = HTTPRequest(
            method, server.url + "/p?q=1", headers: ["X-A": "b", "X-Empty": ""],
            secretHeaders: ["Authorization": Secret("Bearer t")], body: body)
        #expect(try await session.send(request).status == 204)
        let text = try #require(seen.all.first)
        #expect(text.hasPrefix("\(method) /p?q=1 HTTP/1.1\r\n"))
        for line in ["X-A: b\r\n", "X-Empty:\r\n", "Authorization: Bearer t\r\n"] { #expect(text.contains(line)) }
        #expect(text.hasSuffix("\r\n\r\n" + String(decoding: body, as: UTF8.self)))
        #expect(!text.lowercased().contains("expect:") && !text.lowercased().contains("content-type:"))
    }

    @Test func `that posts nothing says so`() async throws {
        let seen = Seen<String>()
        let server = try LoopbackServer { client in
            seen.append(client.request())
            client.answer("")
        }
        _ = try await session.send(HTTPRequest("POST", server.url))
        #expect(seen.all.first?.contains("Content-Length: 0\r\n") == true)
    }

    @Test func `reads a body in chunks, with a notice before and trailers after it`() async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say(
                "HTTP/1.1 103 Early Hints\r\nX: early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.say("3\r\nabc\r\n2\r\nde\r\n0\r\nX: late\r\n\r\n")
        }
        let response = try await session.send(HTTPRequest("GET", server.url))
        #expect(response.status == 200)
        #expect(response.header("x") == nil)
        #expect(response.body == Array("abcde".utf8))
    }

    @Test func `goes by a Unix socket`() async throws {
        let path = "/tmp/wire-\(UInt64.random(in: 0 ... .max)).sock"
        let server = try LoopbackServer(socket: path) { client in
            client.answer(client.request().hasPrefix("GET /_ping ") ? "OK" : "?")
        }
        let response = try await session.send(HTTPRequest("GET", "http://docker/_ping", socket: path))
        #expect(response.body == Array("OK".utf8))
        withExtendedLifetime(server) {}
    }

    @Test func `keeps its connection for the next one`() async throws {
        let clients = Seen<Int>()
        let server = try LoopbackServer { client in
            clients.append(1)
            while !client.request().isEmpty { client.answer("x") }
        }
        for _ in 0..<3 { _ = try await session.send(HTTPRequest("GET", server.url)) }
        #expect(clients.all.count == 1)
    }

    @Test func `is not led elsewhere`() async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.answer("", status: "302 Found", headers: "Location: http://127.0.0.1:1/\r\n")
        }
        let response = try await session.send(HTTPRequest("GET", server.url))
        #expect(response.status == 302)
        #expect(response.header("location") == "http://127.0.0.1:1/")
    }

    @Test func `does not wait for others`() async throws {
        let arrived = Gate()
        let leave = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            arrived.open()
            leave.pass()
            client.answer("x")
        }
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask { try await session.send(HTTPRequest("GET", server.url)).status }
            }
            for _ in 0..<40 { try await arrived.passed() }
            for _ in 0..<40 { leave.open() }
            return try await group.reduce(0) { $0 + $1 / 200 }
        }
        #expect(count == 40)
    }
}

@Suite struct `An HTTP request that fails` {
    let session = HTTPSession()

    @Test(arguments: [
        "file:///etc/passwd", "ftp://h/", "gopher://h/", "h", "", "http://u:p@h/", "http://h/a b", "http://h/\r\nX: y",
        "httpx://h",
    ])
    func `is refused for an address that is not plain HTTP`(url: String) async {
        #expect(await refusal { _ = try await session.send(HTTPRequest("GET", url)) }?.kind == .invalid)
    }

    @Test func `is refused for a header or a method with a line break`() async {
        let header = HTTPRequest("GET", "http://127.0.0.1:1", headers: ["A": "b\r\nC: d"])
        let method = HTTPRequest("GET /\r\n", "http://127.0.0.1:1")
        #expect(await refusal { _ = try await session.send(header) }?.kind == .invalid)
        #expect(await refusal { _ = try await session.send(method) }?.kind == .invalid)
    }

    @Test(arguments: [
        HTTPRequest("GET", "http://127.0.0.1:1/secret?token=geheim"),
        HTTPRequest("GET", "http://d/", socket: "/nonexistent/s"),
    ])
    func `is unavailable where nobody listens`(request: HTTPRequest) async throws {
        let fault = try #require(await refusal { _ = try await session.send(request) })
        #expect(fault.kind == .unavailable)
        #expect(!fault.why.isEmpty && !fault.remedy.isEmpty)
        #expect(!"\(fault)".contains("geheim"))
    }

    @Test(arguments: [
        ("", Fault.Kind.unavailable), ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .unavailable),
        ("SSH-2.0-OpenSSH\r\n", .invalid),
    ])
    func `says what was wrong with the answer`(answer: String, kind: Fault.Kind) async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say(answer)
        }
        #expect(await refusal { _ = try await session.send(HTTPRequest("GET", server.url)) }?.kind == kind)
    }

    static let impatient = [
        HTTPLimits(total: .seconds(1)), HTTPLimits(total: nil, idle: .seconds(1)),
    ]

    @Test(arguments: impatient, ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    func `is unavailable when the server stalls`(limits: HTTPLimits, start: String) async throws {
        let ended = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say(start)
            client.awaitEnd()
            ended.open()
        }
        let request = HTTPRequest("GET", server.url, limits: limits)
        #expect(await refusal { _ = try await session.send(request) }?.kind == .unavailable)
        try await ended.passed()
    }

    @Test(arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"])
    func `is refused an answer that is too large`(header: String) async throws {
        let ended = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\n\(header)\r\n\r\n20\r\n\(String(repeating: "x", count: 32))\r\n")
            client.awaitEnd()
            ended.open()
        }
        let request = HTTPRequest("GET", server.url, limits: HTTPLimits(body: 10))
        #expect(await refusal { _ = try await session.send(request) }?.kind == .invalid)
        try await ended.passed()
    }

    @Test func `ends with its task, for the server too`() async throws {
        let arrived = Gate()
        let ended = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            arrived.open()
            client.awaitEnd()
            ended.open()
        }
        let request = HTTPRequest("GET", server.url, limits: HTTPLimits(total: nil))
        let task = Task { await refusal { _ = try await session.send(request) } }
        try await arrived.passed()
        task.cancel()
        #expect(await task.value?.kind == .interrupted)
        try await ended.passed()
    }

    @Test func `does not begin in a task that is cancelled`() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await refusal { _ = try await session.send(HTTPRequest("GET", "http://127.0.0.1:1")) }
        }
        #expect(await task.value?.kind == .interrupted)
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:80/x", nil, true), ("https://LocalHost", nil, true), ("http://[::1]:8/", nil, true),
            ("http://docker/", "/run/docker.sock", true), ("http://db.example/", nil, false),
            ("http://10.0.0.1/?127.0.0.1", nil, false), ("https://localhost.example/", nil, false),
        ] as [(String, String?, Bool)])
    func `uses no proxy on this machine`(url: String, socket: String?, isLocal: Bool) {
        #expect(HTTPRequest("GET", url, socket: socket).isLocal == isLocal)
    }
}
