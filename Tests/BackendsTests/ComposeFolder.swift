import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

/// A folder of a test's own with a Compose project in it, and Compose itself, which needs no engine to read it.
final class ComposeFolder: Sendable {
    let path: String
    let tool: ComposeTool

    init(_ files: [String: String] = [:], adding environment: [String: String] = [:]) throws {
        path = "/tmp/owui-compose-\(UUID().uuidString.lowercased().prefix(8))"
        // A test must never find the project of whoever runs it.
        let none = ["COMPOSE_PROJECT_NAME": "", "COMPOSE_PROFILES": "", "COMPOSE_ENV_FILES": ""]
        tool = try ComposeTool(adding: none.merging(environment) { $1 })
        for (name, text) in files { try write(text, to: name) }
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(path) stays: \(error)") }
    }

    func write(_ text: String, to name: String) throws {
        let place = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: LocalFile.folder(of: place), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: place))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
    }

    /// Finds the project as from this folder, or one below it.
    func find(_ change: (inout ComposeWishes) -> Void = { _ in }) async throws -> ComposeProject {
        var wishes = ComposeWishes(folder: path)
        change(&wishes)
        return try await ComposeProject.find(wishes, tool: tool, permit: .always)
    }
}

extension ComposeConfig {
    /// A configuration of such services, each as JSON.
    static func of(_ services: [String: String]) throws -> ComposeConfig {
        let texts = services.map { "\"\($0)\": \($1)" }.joined(separator: ",")
        return ComposeConfig(try ComposeValue(json: "{\"name\": \"chat\", \"services\": {\(texts)}}"))
    }
}
