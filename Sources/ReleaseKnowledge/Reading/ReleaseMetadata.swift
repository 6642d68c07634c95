package import UpgradeCore

/// Reads the version of Open WebUI out of the files that carry it.
package enum ReleaseMetadata {
    /// From `open_webui-*.dist-info/METADATA` of a pip installation, such as `0.12.4`.
    package static func version(inMetadata text: String) throws(Fault) -> String {
        let file = "METADATA"
        var fields: [String: String] = [:]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(while: {
            !$0.isEmpty
        }) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].lowercased()
            guard key == "name" || key == "version" else { continue }
            guard fields[key] == nil else { throw .unreadVersion(in: file, why: "it has two lines `\(key)`") }
            fields[key] = trimmed(line[line.index(after: colon)...])
        }
        return try version(name: fields["name"], version: fields["version"], in: file)
    }

    /// From `package.json` of the container image, which has no METADATA.
    package static func version(inPackageJSON text: String) throws(Fault) -> String {
        let file = "package.json"
        let tokens: [PythonToken]
        do {
            // To the tokenizer, JSON is a dictionary of Python.
            tokens = try PythonTokenizer.lines(of: text).flatMap(\.tokens)
        } catch {
            throw .unreadVersion(in: file, why: error.why)
        }
        return try version(name: field("name", tokens, file), version: field("version", tokens, file), in: file)
    }

    private static func field(_ key: String, _ tokens: [PythonToken], _ file: String) throws(Fault) -> String? {
        let places = tokens.indices.dropLast(2).filter { place in
            tokens[place] == PythonToken(kind: .text(key, plain: true), depth: 1) && tokens[place + 1].isMark(":")
        }
        guard places.count <= 1 else { throw .unreadVersion(in: file, why: "it has `\(key)` twice") }
        guard let place = places.first, case .text(let text, plain: true) = tokens[place + 2].kind else { return nil }
        return text
    }

    private static func version(name: String?, version: String?, in file: String) throws(Fault) -> String {
        guard let name, name.lowercased() == "open-webui" || name.lowercased() == "open_webui" else {
            throw .unreadVersion(in: file, why: "it is about \(name ?? "nothing that it names"), not open-webui")
        }
        guard let version, !version.isEmpty, version.allSatisfy({ $0.isASCII && !$0.isWhitespace }) else {
            throw .unreadVersion(in: file, why: "it has no version")
        }
        return version
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.prefix(start.reversed().drop(while: \.isWhitespace).count))
    }
}
