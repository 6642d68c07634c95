import Testing

@testable import UpgradeCore

@Suite struct `A version` {
    @Test(arguments: [("0.12.4", Version(0, 12, 4)), ("v0.6.43", Version(0, 6, 43)), ("10.0.0", Version(10, 0, 0))])
    func `is read with or without a v`(text: String, version: Version) {
        #expect(Version(text) == version)
        #expect(Version(version.description) == version)
    }

    @Test(arguments: [
        "", "v", "0.12", "0.12.4.1", "0.12.x", "-1.0.0", "0.12.4 ", "V0.12.4", "vv0.1.2", "0..1", "0.1.9999999",
        "٠.١.٢",
    ])
    func `is nothing else`(text: String) {
        #expect(Version(text) == nil)
    }

    @Test func `is ordered by its numbers`() {
        let versions = ["0.6.9", "0.6.10", "0.12.4", "1.0.0"].compactMap { Version($0) }
        #expect(versions.count == 4)
        #expect(versions == versions.reversed().sorted())
    }
}

@Suite struct `A release` {
    static let digest = "sha256:" + String(repeating: "ab", count: 32)
    static let releases: [(String, Release)] = [
        ("0.12.4", .numbered(Version(0, 12, 4), variant: nil)), ("v0.12.4", .numbered(Version(0, 12, 4), variant: nil)),
        ("v0.12.4-cuda", .numbered(Version(0, 12, 4), variant: "cuda")),
        ("0.12.4-dev-slim", .numbered(Version(0, 12, 4), variant: "dev-slim")),
        ("main", .tag("main")), ("dev-slim", .tag("dev-slim")), ("0.12", .tag("0.12")), (digest, .digest(digest)),
    ]

    @Test(arguments: releases) func `is a number, a tag or a digest`(text: String, release: Release) {
        #expect(Release(text) == release)
    }

    @Test(arguments: ["", "-x", ".x", "a b", "a/b", "a:b", "v0.12.4-", "sha256:12", "sha256:" + "Z", "grün"])
    func `is nothing that can be neither`(text: String) {
        #expect(Release(text) == nil)
    }

    @Test func `has a tag of at most 128 characters`() {
        #expect(Release(String(repeating: "a", count: 128)) != nil)
        #expect(Release(String(repeating: "a", count: 129)) == nil)
    }
}

@Suite struct `The name of an image` {
    static let moves: [(String, String, String)] = [
        ("ghcr.io/open-webui/open-webui:v0.6.43", "0.12.4", "ghcr.io/open-webui/open-webui:v0.12.4"),
        ("ghcr.io/open-webui/open-webui:0.6.43", "v0.12.4", "ghcr.io/open-webui/open-webui:0.12.4"),
        ("ghcr.io/open-webui/open-webui:v0.6.43-cuda", "0.12.4", "ghcr.io/open-webui/open-webui:v0.12.4-cuda"),
        ("open-webui:v0.6.43-cuda", "0.12.4-ollama", "open-webui:v0.12.4-ollama"),
        ("open-webui:v0.6.43@sha256:12", "0.12.4", "open-webui:v0.12.4"),
        ("open-webui:v0.6.43", "main", "open-webui:main"), ("open-webui:main", "0.12.4", "open-webui:v0.12.4"),
        ("open-webui:cuda", "0.12.4", "open-webui:v0.12.4-cuda"),
        ("open-webui:main-slim", "0.12.4", "open-webui:v0.12.4-slim"),
        ("registry:5000/a/open-webui", "0.12.4", "registry:5000/a/open-webui:v0.12.4"),
        ("registry:5000/open-webui:0.6.43", "0.12.4", "registry:5000/open-webui:0.12.4"),
        ("0.6.43", "v0.12.4", "0.12.4"), ("v0.6.43", "0.12.4", "v0.12.4"), ("0.6.43-cuda", "0.12.4", "0.12.4-cuda"),
        ("open-webui:v0.6.43", `A release`.digest, "open-webui@\(`A release`.digest)"),
        ("", "0.12.4", "0.12.4"),
    ]

    @Test(arguments: moves) func `leads to that of another release`(from: String, to: String, expected: String) throws {
        let release = try #require(Release(to))
        #expect(ImageName(from).at(release).description == expected)
    }

    @Test(arguments: [
        "ghcr.io/open-webui/open-webui:v0.6.43-cuda@sha256:12", "0.6.43", "localhost:5000/x", "x", "x@sha256:12", "",
    ])
    func `is written as it was read`(text: String) {
        #expect(ImageName(text).description == text)
    }

    @Test(arguments: ["@", ":", "/", "::", "a:", "@a", "a@b@c", "///:", "é:ü", ":@:"])
    func `may be garbage, which is read without harm`(text: String) {
        let name = ImageName(text)
        #expect(ImageName(name.description).description == name.description)
    }
}

@Suite struct `Small values` {
    @Test(arguments: [(nil, nil), ("true", "true"), ("TRUE", "TRUE"), ("False", "true"), ("1", "true"), ("", "true")])
    func `turn migrations on where they are off`(written: String?, expected: String?) {
        let settings = Settings(image: "a", replicas: 3, workers: "4", migrations: written)
        #expect(
            settings.forMigrating(image: "b") == Settings(image: "b", replicas: 1, workers: "1", migrations: expected))
        #expect(Settings(image: "a", replicas: 1).forMigrating(image: "b").workers == nil)
    }

    @Test(arguments: ["r1.0", "a.b.12"]) func `name a generation both ways`(text: String) {
        #expect(Generation(text)?.description == text)
    }

    @Test(arguments: ["", "r1", "r1.", "r1.x"]) func `take nothing else for a generation`(text: String) {
        #expect(Generation(text) == nil)
    }

    @Test func `count the revisions that are still to come`() throws {
        #expect(try Story(at: .check).upgrade.pendingRevisions == ["bb", Sample.targetHead])
        #expect(try Story(at: .check, target: Sample.sameHead).upgrade.pendingRevisions.isEmpty)
    }

    @Test(arguments: Stage.allCases) func `give each stage a step, and a goal exactly where it waits`(stage: Stage) {
        #expect((stage.goal != nil) == (stage.rawValue.hasPrefix("await") || stage == .verify))
        #expect(Step.allCases.contains(stage.step))
    }
}
