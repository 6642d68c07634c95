import Testing
import UpgradeCore

@testable import Backends

@Suite struct `The log of a container` {
    private func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
        let size = text.utf8.count
        return [stream, 0, 0, 0, 0, 0, UInt8(size >> 8), UInt8(size & 255)] + Array(text.utf8)
    }

    @Test func `is put together from frames, lines of both streams apart`() {
        let bytes = frame(1, "one\ntw") + frame(2, "error\n") + frame(1, "o\nthree\r\n") + frame(2, "no end")
        #expect(EngineLog.lines(framed: bytes) == ["one", "error", "two", "three", "no end"])
        #expect(EngineLog.lines(framed: []) == [])
        #expect(EngineLog.lines(framed: Array(frame(1, "cut off").dropLast(4))) == ["cut"])
    }

    @Test func `of a terminal is one stream`() {
        #expect(EngineLog.lines(raw: Array("one\r\n\r\ntwo".utf8)) == ["one", "", "two"])
        #expect(EngineLog.lines(raw: Array("one\n".utf8)) == ["one"])
    }

    @Test(arguments: [false, true]) func `is given from its end`(hasTerminal: Bool) async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let id = try await site.container(
                "trap 'echo drei; exit' USR1; echo one; echo two >&2; while :; do sleep 0.1; done",
                hasTerminal: hasTerminal)
            try await site.engine.start(container: id)
            // The two streams come to the log one by one.
            while try await site.engine.logs(container: id, last: 10).count < 2 {}
            try await site.engine.kill(container: id, signal: "USR1")
            _ = try await site.await("die", of: id, since: begin)
            #expect(Set(try await site.engine.logs(container: id, last: 10)) == ["one", "two", "drei"])
            #expect(try await site.engine.logs(container: id, last: 1) == ["drei"])
        }
    }

    @Test func `of a container that is not there is missing`() async throws {
        try await EngineSite.with { site in
            let fault = await #expect(throws: Fault.self) { try await site.engine.logs(container: site.name, last: 1) }
            #expect(fault?.kind == .missing)
        }
    }
}
