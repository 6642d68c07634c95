import Testing

/// A release that is asked for by the digest of its image, as whoever pins images does.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A target that is asked for by its digest` {
    @Test(arguments: [false, true])
    func `is written with it, and what was written before comes back`(isPinned: Bool) async throws {
        try await play { repository, digests in
            let shape = ComposeSite.Shape(repository: repository, hasVariable: false, replicas: 2)
            try await ComposeSite.play(shape) { site in
                let text = try Files.read(site.composeFile)
                let before = "image: \(repository)\(isPinned ? "@\(digests[0])" : ":v0.6.43")"
                let original = text.replacing("image: \(repository):v0.6.43", with: before)
                try Files.write(original, to: site.composeFile)
                try await site.up()
                let run = try await site.run("--to", digests[1], "--yes")
                #expect(run.exit == 0, "\(run.story)")
                let after = original.replacing(before, with: "image: \(repository)@\(digests[1])")
                try await expect("0.12.4", after, site)
                let back = try await site.run("rollback", "--restore", "--yes")
                #expect(back.exit == 0, "\(back.story)")
                try await expect("0.6.43", original, site)
            }
        }
    }

    @Test func `is refused before anything changes where a variable holds the tag`() async throws {
        try await play { repository, digests in
            try await ComposeSite.play(ComposeSite.Shape(repository: repository, replicas: 1)) { site in
                try await site.up()
                let run = try await site.run("--to", digests[1], "--yes")
                #expect(run.exit == 2, "\(run.story)")
                #expect(run.story.contains("write the whole image as one literal name in that line"), "\(run.story)")
            }
        }
    }

    private func expect(_ version: String, _ text: String, _ site: ComposeSite) async throws {
        #expect(try Files.read(site.composeFile) == text)
        #expect(try await site.complaint() == nil)
        #expect(try await site.serving() == [version, version])
        let before = try await site.instances().map(\.id)
        let up = try await site.compose("up", "--detach")
        #expect(up.exit == 0, "\(up.story)")
        #expect(try await site.instances().map(\.id) == before, "\(up.story)")
    }

    /// Both versions in a registry, under a name that leads there, and their digests.
    private func play(_ body: (_ repository: String, _ digests: [String]) async throws -> Void) async throws {
        try await Workshop.inTurn {
            try await EngineSite.with { ground in
                try await Registry.with(ground) { registry in
                    let repository = "\(registry.host)/\(ground.name)/open-webui"
                    var digests: [String] = []
                    for version in ["v0.6.43", "v0.12.4"] {
                        let name = "\(repository):\(version)"
                        try await TestEngine.docker(["tag", "\(ComposeSite.repository):\(version)", name])
                        try await TestEngine.docker(["push", "--quiet", name])
                        let found = try await TestEngine.list(
                            ["image", "inspect", "--format", "{{join .RepoDigests \" \"}}", name])
                        let own = try #require(found.first { $0.hasPrefix("\(repository)@") })
                        digests.append(String(own.dropFirst(repository.count + 1)))
                    }
                    try await body(repository, digests)
                }
            }
        }
    }
}
