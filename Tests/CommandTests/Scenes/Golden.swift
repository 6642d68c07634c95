import Testing

@testable import open_webui_stand_in

/// Texts that are kept in `Golden`, so that every change of what a person reads is seen in a review.
///
/// `OWUI_TEST_GOLDEN=write swift test …` writes them anew.
enum Golden {
    static func check(_ name: String, _ text: String, at source: SourceLocation = #_sourceLocation) throws {
        let path = "\(folder)/\(name).txt"
        if System.setting("OWUI_TEST_GOLDEN") == "write" { try Files.write(text, to: path, mode: 0o644) }
        #expect(Files.text(path) == text, "\(path) says something else", sourceLocation: source)
    }

    private static let folder = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Golden"
}

extension Scene {
    /// The text with what differs from scene to scene under its name.
    func masked(_ text: String) -> String {
        var text = text.replacing(folder, with: "GROUP")
        if let run { text = text.replacing(run, with: "RUN") }
        for (index, port) in ports.enumerated() { text = text.replacing(":\(port)", with: ":PORT\(index + 1)") }
        // Instances carry the number of the write that made them.
        return text.replacing(#/\d{8}-\d{6}-[0-9a-f]{4}/#, with: "RUN")
            .replacing(
                #/about \d+ to \d+ s by the size of the tables; \d+ MiB/#,
                with: "about N to N s by the size of the tables; N MiB"
            )
            .replacing(#/server process \d+/#, with: "server process PID")
            .replacing(#/process \d+ on \S+/#, with: "process PID on HOST")
            .replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#, with: "TIME")
    }
}
