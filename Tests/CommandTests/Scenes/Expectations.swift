import Testing

@testable import open_webui_stand_in

extension Finished {
    /// Expects this exit code and these pieces in what was said.
    func expect(
        _ code: Int32, saying pieces: String..., at source: SourceLocation = #_sourceLocation
    ) {
        #expect(exit == code, "it said:\n\(story)", sourceLocation: source)
        for piece in pieces {
            #expect(story.contains(piece), "it said:\n\(story)", sourceLocation: source)
        }
    }

    /// Expects this exit code, and a message with these pieces of what, why and what to do.
    func expect(
        _ code: Int32, what: String, why: String, remedy: String, at source: SourceLocation = #_sourceLocation
    ) {
        #expect(exit == code, "it said:\n\(story)", sourceLocation: source)
        #expect(story.contains(what), "it said:\n\(story)", sourceLocation: source)
        #expect(line("  why: ").contains(why), "it said:\n\(story)", sourceLocation: source)
        #expect(line("  do:  ").contains(remedy), "it said:\n\(story)", sourceLocation: source)
    }

    /// The lines of a message that begin so, in one text.
    private func line(_ mark: String) -> String {
        story.split(separator: "\n").filter { $0.hasPrefix(mark) }.joined(separator: "\n")
    }
}

extension Scene {
    func head(_ version: String) throws -> String {
        guard let number = Version(version) else { throw Trouble("\(version) is no version") }
        return Chain(of: number).head
    }

    /// Expects so many instances of a version and nothing else on the ports, the schema of that version, and that the
    /// witness saw no two versions and no two migrators meet.
    func expect(
        _ version: String, times count: Int, schema: String? = nil, at source: SourceLocation = #_sourceLocation
    ) throws {
        #expect(serving == Array(repeating: version, count: count), sourceLocation: source)
        let expected = try head(schema ?? version)
        #expect(try revision == expected, sourceLocation: source)
        #expect(try violations() == [], sourceLocation: source)
    }

    /// How many rows the people's tables have; what an upgrade must not lose.
    func rows() throws -> String? {
        try value(#"SELECT (SELECT count(*) FROM "user") || ' ' || (SELECT count(*) FROM chat)"#)
    }
}
