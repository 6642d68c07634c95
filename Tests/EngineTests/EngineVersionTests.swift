import Testing
import UpgradeCore

@testable import Backends

@Suite struct `The version that is spoken` {
    private func greeting(_ api: String, least: String) throws -> EngineGreeting {
        let text = #"{"Version":"9.9","ApiVersion":"\#(api)","MinAPIVersion":"\#(least)","Os":"linux","Arch":"amd64"}"#
        return try EngineJSON.read(EngineGreeting.self, Array(text.utf8), of: "a greeting")
    }

    private let address = EngineAddress(.socket(path: "/a.sock"))

    @Test(arguments: [
        ("1.41", "1.12", "1.41"), ("1.47", "1.24", "1.47"), ("1.52", "1.44", "1.51"), ("2.0", "1.44", "1.51"),
    ])
    func `is the newest that both sides know`(api: String, least: String, spoken: String) throws {
        #expect(try greeting(api, least: least).spoken(at: address).description == spoken)
    }

    @Test func `is none with an engine that is too old`() throws {
        let old = try greeting("1.40", least: "1.12")
        let fault = #expect(throws: Fault.self) { try old.spoken(at: address) }
        #expect(fault?.kind == .refused)
        #expect(fault?.why == "it speaks API 1.40, and 1.41 is needed")
    }

    @Test func `is none with an engine that is too new`() throws {
        let new = try greeting("1.60", least: "1.52")
        let fault = #expect(throws: Fault.self) { try new.spoken(at: address) }
        #expect(fault?.kind == .refused)
        #expect(fault?.why == "it speaks API 1.52 and newer only, and this tool knows up to 1.51")
    }

    @Test(arguments: [
        ("ID", "id"), ("Id", "id"), ("ImageID", "imageID"), ("OOMKilled", "oomKilled"), ("RW", "rw"),
        ("MinAPIVersion", "minAPIVersion"), ("auths", "auths"), ("IPAddress", "ipAddress"), ("", ""),
    ])
    func `has names that are read in Swift's way`(name: String, swift: String) {
        #expect(EngineJSON.lowered(name) == swift)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T22:35:39.914330333Z", 1_795_386_939_914_330_333),
        ("2024-02-29T23:59:59.5+01:00", 1_709_247_599_500_000_000),
        ("2000-03-01T00:00:00-00:30", 951_870_600_000_000_000),
    ])
    func `tells moments to the nanosecond`(text: String, nanoseconds: Int64) {
        #expect(EngineTime.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T22:35:39", "2026-11-22T22:35:39.Z"])
    func `tells none by what is no moment`(text: String) {
        #expect(EngineTime.nanoseconds(text) == nil)
    }
}

@Suite struct `An engine that cannot be asked` {
    @Test func `does not listen where there is no socket`() async {
        let fault = await #expect(throws: Fault.self) {
            try await Engine(EngineAddress(.socket(path: "/tmp/no/such.sock"))).info()
        }
        #expect(fault == .noEngineSocket("unix:///tmp/no/such.sock", "/tmp/no/such.sock"))
        #expect(fault?.kind == .unavailable)
    }

    @Test func `is away where nobody listens at the socket`() async throws {
        try await EngineSite.with { site in
            let path = "\(site.folder)/left.sock"
            try site.write("left.sock", "")
            let fault = await #expect(throws: Fault.self) {
                try await Engine(EngineAddress(.socket(path: path))).containers()
            }
            #expect(fault?.kind == .unavailable)
            #expect(fault?.what == "No Docker engine answers at unix://\(path).")
        }
    }

    @Test func `is away where nobody listens at the port`() async throws {
        let fault = await #expect(throws: Fault.self) {
            try await Engine(EngineAddress(host: "tcp://127.0.0.1:9")).containers()
        }
        #expect(fault?.kind == .unavailable)
        #expect(fault?.what == "No Docker engine answers at tcp://127.0.0.1:9.")
    }
}
