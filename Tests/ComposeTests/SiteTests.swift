import Testing

/// The ground on which the other tests stand.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A Compose project of the stand-in` {
    @Test(arguments: [ComposeSite.Shape.Reach.address, .nameInside])
    func `has three instances that serve, and three that the witness has seen`(
        reach: ComposeSite.Shape.Reach
    ) async throws {
        try await ComposeSite.play(ComposeSite.Shape(reach: reach)) { site in
            try await site.up()
            #expect(try await site.serving() == ["0.6.43", "0.6.43", "0.6.43"])
            #expect(try await site.livesSeen() == 3)
            #expect(try await site.complaint() == nil)
            #expect(try await site.revision() == "c440947495f3")
        }
    }

    @Test func `is seen to break a promise where Compose alone swaps the image`() async throws {
        let shape = ComposeSite.Shape(environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:60"])
        try await ComposeSite.play(shape) { site in
            try await site.up()
            try Files.write("OWUI_TAG=v0.12.4\n", to: site.variablesFile)
            let up = try await site.compose("up", "--detach")
            #expect(up.exit == 0, "\(up.story)")
            try await TestServer.wait(until: "SELECT count(*) >= 6 FROM life", in: site.witness)
            let complaint = try await site.complaint()
            #expect(complaint?.contains("two migrators met") == true, "\(complaint ?? "it saw nothing")")
        }
    }

    @Test func `leaves nothing behind, whoever made it`() async throws {
        var name = ""
        await #expect(throws: Trouble.self) {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 1)) { site in
                name = site.name
                try await site.up()
                try await TestEngine.docker(
                    ["create", "--name", "\(name)-open-webui-2", "\(ComposeSite.repository):v0.12.4"])
                throw Trouble("a test that fails")
            }
        }
        for kind in [["container", "ls", "--all"], ["network", "ls"], ["volume", "ls"]] {
            let left = try await TestEngine.list(kind + ["--quiet", "--filter", "name=\(name)"])
            #expect(left.isEmpty, "\(kind)")
        }
    }
}
