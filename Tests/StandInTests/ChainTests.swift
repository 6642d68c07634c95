import Testing

@testable import open_webui_stand_in

@Suite struct `The chain of migrations` {
    @Test func `has 66 revisions, each once`() {
        #expect(Chain.everything.count == 66)
        #expect(Set(Chain.everything.map(\.id)).count == 66)
        #expect(Chain.everything.allSatisfy { $0.id.utf8.count == 12 })
    }

    @Test(arguments: Releases.all) func `ends where the release's own files end`(version: Version) {
        #expect(Chain(of: version).head == Releases.head(of: version))
    }

    @Test(arguments: [("0.5.0", 14), ("0.6.43", 29), ("0.8.12", 34), ("0.9.6", 44), ("0.11.4", 58), ("0.12.4", 66)])
    func `is as long as in the release`(version: String, count: Int) throws {
        #expect(Chain(of: try #require(Version(version))).revisions.count == count)
    }

    @Test func `knows what is pending, and what it has never heard of`() {
        let chain = Chain(of: "0.12.4")
        #expect(chain.pending(after: "c440947495f3")?.count == 37)
        #expect(chain.pending(after: nil)?.count == 66)
        #expect(chain.pending(after: chain.head)?.isEmpty == true)
        #expect(chain.pending(after: "ffffffffffff") == nil)
        #expect(Chain(of: "0.6.43").pending(after: chain.head) == nil)
    }

    @Test func `has every release that was published, and not 0.6.17`() {
        #expect(Releases.all.count == 100)
        #expect(!Releases.all.contains("0.6.17"))
    }
}

@Suite struct `An order for trouble` {
    @Test(
        arguments: [
            ("5", nil, nil, "5"), ("0.12.4:5", "0.12.4", nil, "5"), ("once:/tmp/x", nil, "/tmp/x", ""),
            ("0.12.4:once:/tmp/x:b2c3d4e5f6a7", "0.12.4", "/tmp/x", "b2c3d4e5f6a7"), ("1:2", nil, nil, "1:2"),
        ] as [(String, String?, String?, String)])
    func `is bound to a version and to one time`(text: String, version: String?, once: String?, value: String) {
        let order = Trouble.Order(text)
        #expect(order.version == version.flatMap { Version($0) })
        #expect(order.once == once)
        #expect(order.value == value)
    }
}

@Suite struct `The settings of serve` {
    private func options(_ arguments: [String], _ version: Version = "0.12.4", _ environment: [String: String] = [:])
        throws -> ServeOptions
    {
        try ServeOptions(arguments, version: version, environment: { environment[$0] })
    }

    @Test func `are the arguments before the environment`() throws {
        let options = try options(["--port=81", "--workers", "3"], "0.12.4", ["UVICORN_WORKERS": "2"])
        #expect(options.port == 81)
        #expect(options.workers == 3)
        #expect(options.manner == .pip)
    }

    @Test(arguments: [("0.6.0", 1), ("0.6.5", 4)])
    func `take workers from the environment since 0.6.1`(version: String, workers: Int) throws {
        let release = try #require(Version(version))
        #expect(try options([], release, ["UVICORN_WORKERS": "4"]).workers == workers)
    }

    @Test(arguments: [["--port"], ["--port", "x"], ["--colour", "red"]])
    func `are refused when they make no sense`(arguments: [String]) {
        #expect(throws: Failure.self) { try options(arguments) }
    }
}

@Suite struct `A token` {
    @Test func `is good for the key that made it and for no other`() {
        let token = Tokens(key: "a").token(for: "me")
        #expect(Tokens(key: "a").user(of: token) == "me")
        #expect(Tokens(key: "b").user(of: token) == nil)
        #expect(Tokens(key: "a").user(of: "garbage") == nil)
    }
}
