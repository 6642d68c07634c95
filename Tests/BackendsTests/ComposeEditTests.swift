import FoundationEssentials
import Glibc
import Testing
import UpgradeCore

@testable import Backends

/// A project's files, the part of them that is to become another, and what they are then.
struct EditCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var files: [String: String]
    /// The file that changes, what in it, and into what.
    let change: (file: String, from: String, to: String)
    var image = "ghcr.io/open-webui/open-webui:v0.12.4"

    init(_ name: String, _ files: [String: String], in file: String, _ from: String, _ to: String) {
        (testDescription, self.files, change) = (name, files, (file, from, to))
    }

    /// One file alone.
    init(_ name: String, _ text: String, _ from: String = "v0.6.43", _ to: String = "v0.12.4") {
        self.init(name, ["compose.yaml": text], in: "compose.yaml", from, to)
    }
}

@Suite struct `The version in a project's files` {
    static let name = "ghcr.io/open-webui/open-webui"

    /// Upstream's own docker-compose.yaml, with a service for Ollama as it was for long.
    static let upstream = """
        services:
          ollama:
            volumes:
              - ollama:/root/.ollama
            container_name: ollama
            pull_policy: always
            tty: true
            restart: unless-stopped
            image: ollama/ollama:${OLLAMA_DOCKER_TAG-latest}

          open-webui:
            build:
              context: .
              dockerfile: Dockerfile
            image: ghcr.io/open-webui/open-webui:${WEBUI_DOCKER_TAG-main}
            container_name: open-webui
            volumes:
              - open-webui:/app/backend/data
            depends_on:
              - ollama
            ports:
              - ${OPEN_WEBUI_PORT-3000}:8080
            environment:
              - 'OLLAMA_BASE_URL=http://ollama:11434'
              - 'WEBUI_SECRET_KEY='
            extra_hosts:
              - host.docker.internal:host-gateway
            restart: unless-stopped

        volumes:
          ollama: {}
          open-webui: {}

        """

    static let cases: [EditCase] = [
        EditCase("plain", "services:\n  web:\n    image: \(name):v0.6.43\n"),
        EditCase(
            "comment", "# v0.6.43\nservices:\n  web: # x\n    image:   \(name):v0.6.43   # pinned\n", ":v0.6.43 ",
            ":v0.12.4 "),
        EditCase("quotes", "services:\n  web:\n    image: \"\(name):v0.6.43\"\n    restart: always"),
        EditCase("single quotes", "services:\n  web:\n    'image' : '\(name):v0.6.43'\t\n"),
        EditCase("CRLF", "services:\r\n  web:\r\n    image: \(name):v0.6.43\r\n    restart: always\r\n"),
        EditCase("BOM", "\u{FEFF}services: {web: {image: '\(name):v0.6.43', environment: {A: é}}}"),
        EditCase("flow", "services: {old: {image: busybox}, web: {environment: {Ä: 'ü'}, image: \(name):v0.6.43}}"),
        EditCase("next line", "services:\n  web:\n    image:\n      \(name):v0.6.43\n"),
        EditCase("anchored value", "services:\n  web:\n    image: &i !!str \(name):v0.6.43\n"),
        EditCase("alias", "x-image: &i \(name):v0.6.43\nservices:\n  web:\n    image: *i\n"),
        EditCase(
            "merge key",
            "x-web: &w\n  image: \(name):v0.6.43\n  restart: always\nservices:\n  web:\n    <<: *w\n    ports: ['80']\n"
        ),
        EditCase(
            "list of merge keys",
            "x-a: &a {restart: always}\nx-b: &b {image: \(name):v0.6.43}\nservices: {web: {<<: [*a, *b]}}\n"),
        EditCase("upstream", upstream, "WEBUI_DOCKER_TAG-main", "WEBUI_DOCKER_TAG-v0.12.4"),
        EditCase("default", "services:\n  web:\n    image: \(name):${TAG:-v0.6.43} # c\n"),
        EditCase("default of a part", "services:\n  web:\n    image: \(name):v${TAG:-0.6.43}\n", "0.6.43", "0.12.4"),
        EditCase(
            "whole image as a default", "services:\n  web:\n    image: ${IMAGE:-\(name):v0.6.43}\n"),
        EditCase(
            "registry of a variable", "services:\n  web:\n    image: ${REG:-ghcr.io}/open-webui/open-webui:v0.6.43\n"),
        EditCase(
            ".env",
            [
                "compose.yaml": "services:\n  web:\n    image: \(name):${TAG:-v9}\n",
                ".env": "# TAG=v0.6.43\r\nTAG=v0.6.43 # ours\r\nSECRET=a b'c\r\n",
            ], in: ".env", "v0.6.43 #", "v0.12.4 #"),
        EditCase(
            ".env, quoted",
            ["compose.yaml": "services: {web: {image: '\(name):$TAG'}}", ".env": "export TAG=\"v0.6.43\""],
            in: ".env", "v0.6.43", "v0.12.4"),
        EditCase(
            ".env, twice",
            [
                "compose.yaml": "services: {web: {image: '\(name):${TAG}'}}",
                ".env": "TAG=v0.6.40\nTAG='v0.6.43'\nA=1\n",
            ],
            in: ".env", "v0.6.43", "v0.12.4"),
        EditCase(
            ".env, empty",
            ["compose.yaml": "services: {web: {image: '\(name):${TAG:-v0.6.43}'}}", ".env": "A=1\nTAG=\n"],
            in: ".env", "TAG=", "TAG=v0.12.4"),
        EditCase(
            ".env, whole image",
            ["compose.yaml": "services: {web: {image: '${IMAGE:?set it}'}}", ".env": "IMAGE=\(name):v0.6.43\n"],
            in: ".env", "v0.6.43", "v0.12.4"),
        EditCase(
            "override",
            [
                "compose.yaml": "services: {web: {image: '\(name):v0.6.40', restart: always}}",
                "compose.override.yaml": "services: {web: {image: '\(name):v0.6.43'}}",
            ], in: "compose.override.yaml", "v0.6.43", "v0.12.4"),
        EditCase(
            "override of other things",
            [
                "compose.yaml": "services: {web: {image: '\(name):v0.6.43'}}",
                "compose.override.yaml": "services: {web: {restart: always}}",
            ], in: "compose.yaml", "v0.6.43", "v0.12.4"),
        EditCase(
            "extends",
            [
                "compose.yaml": "services: {web: {extends: {file: a/base.yaml, service: app}, restart: always}}",
                "a/base.yaml": "services: {app: {extends: core}, core: {image: '\(name):v0.6.43'}}",
            ], in: "a/base.yaml", "v0.6.43", "v0.12.4"),
        EditCase(
            "include",
            ["compose.yaml": "include: [a/web.yaml]\n", "a/web.yaml": "services:\n  web:\n    image: \(name):v0.6.43"],
            in: "a/web.yaml", "v0.6.43", "v0.12.4"),
        EditCase(
            "include with variables of its own",
            [
                "compose.yaml": "include:\n  - path: [a/web.yaml]\n",
                "a/web.yaml": "services:\n  web:\n    image: \(name):${TAG}", "a/.env": "TAG=v0.6.43\n",
                ".env": "A=1\n",
            ], in: "a/.env", "v0.6.43", "v0.12.4"),
    ]

    @Test(arguments: cases) func `is written where it was written, and nothing else`(edit: EditCase) async throws {
        let folder = try ComposeFolder(edit.files)
        let project = try await folder.find()
        let old = try #require(project.config.services[Self.service(edit)]?.image)
        let change = try await project.plan([Self.service(edit): edit.image], permit: .always)
        #expect(try folder.read(edit.change.file) == edit.files[edit.change.file])
        #expect(change.images == [Self.service(edit): VersionEdit.Images(before: old, after: edit.image)])
        let kept = "\(folder.path)/.owui-upgrade/files"
        for _ in 0..<2 {
            try await project.apply(change, keeping: kept, permit: .always)
            for (name, text) in edit.files {
                let wanted =
                    name == edit.change.file ? text.replacingLast(edit.change.from, with: edit.change.to) : text
                #expect(Array(try folder.read(name).utf8) == Array(wanted.utf8))
            }
        }
        #expect(LocalFile.names(in: kept)?.count == 1)
        #expect(try await project.read(permit: .always).services[Self.service(edit)]?.image == edit.image)
        #expect(try await project.plan([Self.service(edit): edit.image], permit: .always).lines.isEmpty)
        try await project.apply(change.reversed, keeping: kept, permit: .always)
        for (name, text) in edit.files { #expect(Array(try folder.read(name).utf8) == Array(text.utf8)) }
    }

    private static func service(_ edit: EditCase) -> String {
        edit.testDescription == "upstream" ? "open-webui" : "web"
    }

    @Test func `is written for companions that share the line, and for those that have their own`() async throws {
        let folder = try ComposeFolder([
            "compose.yaml": """
            x-app: &app {image: "\(Self.name):${TAG}"}
            services:
              a: {<<: *app}
              b: {<<: *app}
              c: {image: "\(Self.name):v0.6.43-slim"}
            """, ".env": "TAG=v0.6.43\n",
        ])
        let project = try await folder.find()
        let image = "\(Self.name):v0.12.4"
        let edit = try await project.plan(["a": image, "b": image, "c": image + "-slim"], permit: .always)
        #expect(edit.lines.count == 2)
        #expect(edit.files == ["\(folder.path)/.env", "\(folder.path)/compose.yaml"])
        try await project.apply(edit, keeping: "\(folder.path)/kept", permit: .always)
        let config = try await project.read(permit: .always)
        #expect(config.services.values.compactMap(\.image).sorted() == [image, image, image + "-slim"])
        // Without b, and with another version for it.
        let one = await #expect(throws: Fault.self) {
            try await project.plan(["a": "\(Self.name):v0.13.0"], permit: .always)
        }
        #expect(one?.why.contains("it also changes services.b.image") == true)
        let two = await #expect(throws: Fault.self) {
            try await project.plan(["a": "\(Self.name):v0.13.0", "b": "\(Self.name):v0.14.0"], permit: .always)
        }
        #expect(two?.what.contains("would need different ones") == true)
    }

    @Test(
        arguments: [
            ("services: {web: {build: .}}", "", "it is only built"),
            (
                "services: {web: {image: '\(name)@sha256:\(String(repeating: "a", count: 64))'}}", "",
                "pinned to a digest"
            ),
            ("services: {web: {image: '\(name):${TAG}'}}", "BASE=v0\nTAG=${BASE}.6.43", "put together"),
            ("services: {web: {image: '\(name):${A:-${B:-v0.6.43}}'}}", "", "put together"),
            ("services: {web: {image: '\(name):${A:+v0.6.43}'}}", "A=1", "put together"),
            ("services: {web: {image: \"\(name):v0\\x2e6.43\"}}", "", "cannot be told"),
            ("services: {web: {image: '${REPO}/open-webui:v0.6.43'}}", "REPO=elsewhere", "no single part"),
            ("services: {web: {image: '\(name):${OWUI_TEST_TAG}'}}", "", "OWUI_TEST_TAG is set there"),
            ("services: {web: {image: '\(name):${TAG}', environment: {V: '${TAG}'}}}", "TAG=v1", "environment.V"),
            ("services: {web: {image: '\(name):${TAG}'}, db: {image: 'db:${TAG}'}}", "TAG=v1", "services.db.image"),
        ])
    func `is not touched where that is not safe`(text: String, variables: String, words: String) async throws {
        let folder = try ComposeFolder(
            ["compose.yaml": text, ".env": variables], adding: ["OWUI_TEST_TAG": "v0.6.43"])
        let project = try await folder.find()
        let fault = await #expect(throws: Fault.self) {
            try await project.plan(["web": "\(Self.name):v0.12.4"], permit: .always)
        }
        let said = "\(fault?.what ?? "") \(fault?.why ?? "")"
        #expect(said.contains(words))
        #expect(fault?.kind == .refused && fault?.remedy.isEmpty == false)
        #expect(try folder.read("compose.yaml") == text)
        #expect(LocalFile.names(in: folder.path) == [".env", "compose.yaml"])
    }

    @Test func `never shows what else is in its line`() async throws {
        let folder = try ComposeFolder([
            "compose.yaml": "services: {web: {environment: {PASSWORD: geheim}, image: '\(Self.name):v0.6.43'}}"
        ])
        let project = try await folder.find()
        let edit = try await project.plan(["web": "\(Self.name):v0.12.4"], permit: .always)
        #expect(edit.told.contains("`image: \(Self.name):v0.6.43` to `image: \(Self.name):v0.12.4`"))
        #expect(!String(decoding: try JSONEncoder().encode(edit), as: UTF8.self).contains("geheim"))
        #expect(try JSONDecoder().decode(VersionEdit.self, from: JSONEncoder().encode(edit)) == edit)
    }
}

@Suite struct `A file that is edited` {
    private static let text = "services: {web: {image: 'open-webui:v1'}}\n"
    private static let image = "open-webui:v2"

    @Test func `keeps its mode, the link to it and its old text`() async throws {
        let folder = try ComposeFolder(["real/web.yaml": Self.text])
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/compose.yaml", withDestinationPath: "real/web.yaml")
        #expect(chmod("\(folder.path)/real/web.yaml", 0o640) == 0)
        let project = try await folder.find()
        let edit = try await project.plan(["web": Self.image], permit: .always)
        try await project.apply(edit, keeping: "\(folder.path)/kept", permit: .always)
        var status = stat()
        #expect(lstat("\(folder.path)/compose.yaml", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(stat("\(folder.path)/compose.yaml", &status) == 0 && status.st_mode & 0o7777 == 0o640)
        #expect(try folder.read("real/web.yaml").contains(Self.image))
        let kept = try #require(LocalFile.names(in: "\(folder.path)/kept"))
        #expect(try kept.map { try folder.read("kept/\($0)") } == [Self.text])
        #expect(LocalFile.names(in: "\(folder.path)/real") == ["web.yaml"])
    }

    @Test func `is replaced although a killed process has left its half behind`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.text, ".compose.yaml.owui-upgrade": "half of it"])
        let project = try await folder.find()
        let edit = try await project.plan(["web": Self.image], permit: .always)
        let after = try await project.apply(
            edit, before: project.config, keeping: "\(folder.path)/kept", permit: .always)
        #expect(after.services["web"]?.image == Self.image)
        #expect(LocalFile.names(in: folder.path) == ["compose.yaml", "kept"])
    }

    @Test func `is refused before anything changes where it has other names`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.text])
        #expect(link("\(folder.path)/compose.yaml", "\(folder.path)/other.txt") == 0)
        let project = try await folder.find()
        let fault = await #expect(throws: Fault.self) { try await project.plan(["web": Self.image], permit: .always) }
        #expect(fault?.why.contains("it has 2 names") == true)
        #expect(fault?.remedy.contains("line 1, from `image: open-webui:v1` to `image: open-webui:v2`") == true)
    }

    @Test func `is found again after lines were added, and refused after its own was changed`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.text])
        let project = try await folder.find()
        let edit = try await project.plan(["web": Self.image], permit: .always)
        try folder.write("# a note\n" + Self.text, to: "compose.yaml")
        try await project.apply(edit, keeping: "\(folder.path)/kept", permit: .always)
        #expect(try folder.read("compose.yaml") == "# a note\nservices: {web: {image: 'open-webui:v2'}}\n")
        try folder.write("services: {web: {image: 'open-webui:v1-slim'}}\n", to: "compose.yaml")
        await #expect(throws: Fault.lineChanged(edit.lines[0])) {
            try await project.apply(edit, keeping: "\(folder.path)/kept", permit: .always)
        }
    }

    @Test func `is put back where Compose says something else afterwards`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.text])
        let project = try await folder.find()
        let edit = try await project.plan(["web": Self.image], permit: .always)
        let wrong = VersionEdit(
            lines: edit.lines, images: ["web": VersionEdit.Images(before: "open-webui:v1", after: "open-webui:v3")])
        let fault = await #expect(throws: Fault.self) {
            try await project.apply(wrong, keeping: "\(folder.path)/kept", permit: .always)
        }
        #expect(fault?.kind == .conflict && fault?.why.contains("web would have open-webui:v2") == true)
        #expect(try folder.read("compose.yaml") == Self.text)
    }

    @Test func `is not written by a run that has lost its lock`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.text])
        let project = try await folder.find()
        let edit = try await project.plan(["web": Self.image], permit: .always)
        let fence = ClosableFence()
        fence.close()
        await #expect(throws: ClosableFence.fault) {
            try await project.apply(
                edit, keeping: "\(folder.path)/kept", permit: Permit(fence: fence, isInterrupted: { false }))
        }
        #expect(try folder.read("compose.yaml") == Self.text)
        #expect(LocalFile.names(in: folder.path) == ["compose.yaml", "kept"])
    }
}

extension String {
    /// With another text in the place of the last occurrence of a part.
    func replacingLast(_ part: String, with other: String) -> String {
        guard let range = self.ranges(of: part).last else { return self + " has no \(part)" }
        return replacingCharacters(range, other)
    }

    private func replacingCharacters(_ range: Range<Index>, _ other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
