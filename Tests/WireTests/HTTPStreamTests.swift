import Testing
import UpgradeCore

@testable import Wire

@Suite struct `A stream over HTTP` {
    let session = HTTPSession()

    @Test func `brings each piece when it comes`() async throws {
        let gate = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n")
            for word in ["one\n", "two\n", "three\n"] {
                gate.pass()
                client.say(word)
            }
        }
        let stream = try await session.stream(HTTPRequest("GET", server.url, limits: HTTPLimits(total: nil)))
        #expect(stream.head.status == 200)
        #expect(stream.head.header("x-a") == "b")
        for word in ["one\n", "two\n", "three\n"] {
            gate.open()
            #expect(try await stream.body.next() == Array(word.utf8))
        }
        #expect(try await stream.body.next() == nil)
        #expect(try await stream.body.next() == nil)
    }

    @Test func `is a sequence`() async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.answer("abc")
        }
        var bytes: [UInt8] = []
        for try await piece in try await session.stream(HTTPRequest("GET", server.url)).body { bytes += piece }
        #expect(bytes == Array("abc".utf8))
    }

    @Test func `holds no more than its bound for a slow reader, and loses nothing`() async throws {
        let piece = String(repeating: "0123456789abcdef", count: 4096)
        let server = try LoopbackServer { client in
            guard client.request().hasPrefix("GET /long") else { return client.answer("") }
            client.say("HTTP/1.1 200 OK\r\nContent-Length: \(512 * 65_536)\r\n\r\n")
            for _ in 0..<512 { client.say(piece) }
        }
        let limits = HTTPLimits(total: nil, idle: .seconds(60))
        let stream = try await session.stream(HTTPRequest("GET", server.url + "/long", limits: limits))
        for _ in 0..<20 { _ = try await session.send(HTTPRequest("GET", server.url)) }
        #expect(stream.body.buffered <= 2 * HTTPMailbox.bound)
        var count = 0
        var isWhole = true
        let expected = Array("0123456789abcdef".utf8)
        while let bytes = try await stream.body.next() {
            isWhole = isWhole && bytes.count <= 2 * HTTPMailbox.bound && bytes.first == expected[count % 16]
            count += bytes.count
        }
        #expect(isWhole)
        #expect(count == 512 * 65_536)
    }

    @Test func `ends for the server when it is dropped`() async throws {
        let ended = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\n\r\nabc")
            client.awaitEnd()
            ended.open()
        }
        var stream: HTTPStream? = try await session.stream(HTTPRequest("GET", server.url))
        #expect(stream?.head.status == 200)
        stream = nil
        try await ended.passed()
    }

    @Test func `outlives the name of its session`() async throws {
        let gate = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\n\r\n")
            gate.pass()
            client.say("late")
        }
        let stream = try await HTTPSession().stream(HTTPRequest("GET", server.url))
        gate.open()
        #expect(try await stream.body.next() == Array("late".utf8))
    }

    @Test func `that breaks off says so after what had come`() async throws {
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        }
        let stream = try await session.stream(HTTPRequest("GET", server.url))
        #expect(try await stream.body.next() == Array("abc".utf8))
        #expect(await refusal { _ = try await stream.body.next() }?.kind == .unavailable)
    }

    @Test func `ends with the task that reads it`() async throws {
        let reading = Gate()
        let ended = Gate()
        let server = try LoopbackServer { client in
            _ = client.request()
            client.say("HTTP/1.1 200 OK\r\n\r\nabc")
            client.awaitEnd()
            ended.open()
        }
        let stream = try await session.stream(HTTPRequest("GET", server.url, limits: HTTPLimits(total: nil)))
        let task = Task {
            await refusal {
                _ = try await stream.body.next()
                reading.open()
                _ = try await stream.body.next()
            }
        }
        try await reading.passed()
        task.cancel()
        #expect(await task.value?.kind == .interrupted)
        try await ended.passed()
    }
}
