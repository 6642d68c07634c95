import Testing
import UpgradeCore

@testable import Backends

@Suite struct `The events of an engine` {
    @Test func `that come after the call are not lost`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            let events = try await site.engine.events(filters: ["label": ["owui.test=\(site.name)"]])
            let id = try await site.container("exit 5", image: image)
            try await site.engine.start(container: id)
            var actions: [String] = []
            for try await event in events {
                actions.append(event.action)
                #expect(event.actor == id)
                #expect(event.attributes["name"] == "\(site.name)-1")
                if event.action == "die" { break }
            }
            #expect(actions == ["create", "start", "die"])
        }
    }

    @Test func `are told again from a moment on`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let id = try await site.container("exit")
            let made = try await site.await("create", of: id, since: begin)
            try await site.engine.rename(container: id, to: "\(site.name)-2")
            let renamed = try await site.await("rename", of: id, since: made.timeNano)
            #expect(renamed.timeNano > made.timeNano)
            #expect(renamed.attributes["oldName"] == "/\(site.name)-1")
        }
    }

    @Test func `end with the task that waits for them`() async throws {
        try await EngineSite.with { site in
            let events = try await site.engine.events(filters: ["container": [site.name]])
            let waiting = Task { () async -> Fault? in
                do throws(Fault) {
                    var iterator = events.makeAsyncIterator()
                    _ = try await iterator.next(isolation: nil)
                    return nil
                } catch { return error }
            }
            waiting.cancel()
            #expect(await waiting.value?.kind == .interrupted)
        }
    }

    @Test func `are cut out of the stream wherever it is cut`() {
        let text = Array("{\"a\":1}\n\r\n{\"b\":2}\r\nrest".utf8)
        for size in 1...text.count {
            var lines = JSONLines()
            var found: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines.add(Array(text[start..<min(start + size, text.count)]))
                while let line = lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(found == ["{\"a\":1}", "{\"b\":2}"])
            #expect(lines.rest == Array("rest".utf8))
        }
    }
}
