import FoundationEssentials

/// A file beside the tests that they are compared with. `OWUI_UPGRADE_WRITE_GOLDEN=1` writes the ones that may change.
struct CheckedInFile {
    let path: String

    init(_ name: String, beside test: String = #filePath) {
        path = test[..<(test.lastIndex(of: "/") ?? test.endIndex)] + "/" + name
    }

    static var writes: Bool { ProcessInfo.processInfo.environment["OWUI_UPGRADE_WRITE_GOLDEN"] == "1" }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    func read() throws -> String { try String(contentsOf: URL(filePath: path), encoding: .utf8) }

    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
}
