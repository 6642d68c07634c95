import Testing
import UpgradeCore

@testable import Backends

/// The version is in a file that services have as their `env_file`.
@Suite struct `A version that services have in their environment` {
    private static let name = "ghcr.io/open-webui/open-webui"
    private static let variables = "OWUI_TAG=v0.6.43\nA=1\n"

    @Test(
        arguments: [
            "env_file: .env", "env_file: [a.env, {path: .env, required: false}, b.env]",
            "environment: {OWUI_TAG: '${OWUI_TAG}'}", "env_file: [.env, c.env]",
        ])
    func `is written where only what is upgraded has it`(lines: String) async throws {
        let folder = try Self.folder(web: lines, others: "  db: {image: db, env_file: a.env}\n")
        let project = try await folder.find()
        let image = "\(Self.name):v0.12.4"
        let edit = try await project.plan(["web": image], permit: .always)
        let after = try await project.apply(edit, keeping: "\(folder.path)/kept", permit: .always)
        #expect(after.services["web"]?.image == image)
        #expect(try folder.read(".env") == Self.variables.replacing("v0.6.43", with: "v0.12.4"))
        let before = try await project.apply(edit.reversed, keeping: "\(folder.path)/kept", permit: .always)
        #expect(before == project.config)
    }

    @Test(arguments: ["env_file: .env", "environment: ['OWUI_TAG=${OWUI_TAG}']"])
    func `is not written where another service would be made anew for it`(lines: String) async throws {
        let folder = try Self.folder(web: "env_file: .env", others: "  db:\n    image: db\n    \(lines)\n")
        let project = try await folder.find()
        let fault = await #expect(throws: Fault.self) {
            try await project.plan(["web": "\(Self.name):v0.12.4"], permit: .always)
        }
        #expect(fault?.kind == .refused)
        #expect(fault?.what == "The new version cannot be written without changing db.")
        #expect(fault?.why.contains("OWUI_TAG is in the environment of db") == true)
        #expect(try folder.read(".env") == Self.variables)
    }

    @Test func `is not written where another variable is made of it`() async throws {
        let folder = try Self.folder(web: "env_file: [.env, d.env]")
        let project = try await folder.find()
        let fault = await #expect(throws: Fault.self) {
            try await project.plan(["web": "\(Self.name):v0.12.4"], permit: .always)
        }
        #expect(fault?.why.contains("it also changes services.web.environment.TITLE") == true)
    }

    private static func folder(web lines: String, others: String = "") throws -> ComposeFolder {
        try ComposeFolder([
            "compose.yaml": "services:\n  web:\n    image: \(name):${OWUI_TAG}\n    \(lines)\n\(others)",
            ".env": variables,
            "a.env": "A=2\nDOLLAR=a$$b\n", "b.env": "B=3\n", "c.env": "OWUI_TAG=ours\n",
            "d.env": "TITLE=is ${OWUI_TAG}\n",
        ])
    }
}
