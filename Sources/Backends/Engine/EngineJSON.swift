import FoundationEssentials
import UpgradeCore

/// The engine's JSON, whose names begin with capitals: `ImageID` is read as `imageID`, `OOMKilled` as `oomKilled`.
enum EngineJSON {
    static func read<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], of what: String) throws(Fault) -> Value {
        do { return try decoder.decode(type, from: Data(bytes)) } catch {
            throw .unreadEngineAnswer(what, why: "\(error)")
        }
    }

    /// nil where the bytes do not make such a value.
    static func readable<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        do { return try decoder.decode(type, from: Data(bytes)) } catch { return nil }
    }

    /// What this tool has written into a label; nil where the text is not of that kind.
    static func label<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) -> Value? {
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch { return nil }
    }

    static func write(_ value: some Encodable) throws(Fault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch {
            throw .unwritableRequest(why: "\(error)")
        }
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in Key(stringValue: lowered(path.last?.stringValue ?? "")) }
        return decoder
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The first word in small letters, and the rest as it is.
    static func lowered(_ name: String) -> String {
        let capitals = name.prefix { $0.isUppercase }
        guard !capitals.isEmpty else { return name }
        let rest = name[capitals.endIndex...]
        // In `OOMKilled` the K begins the next word; in `ImageID` and `ID` no other word follows.
        let word = capitals.count > 1 && rest.first?.isLowercase == true ? capitals.dropLast() : capitals
        return word.lowercased() + name[word.endIndex...]
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.prefix(start.reversed().drop(while: \.isWhitespace).count))
    }
}
