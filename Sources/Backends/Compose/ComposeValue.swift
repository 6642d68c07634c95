internal import FoundationEssentials

/// What `docker compose config` prints, as the tree that it is.
enum ComposeValue: Equatable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([ComposeValue])
    case mapping([String: ComposeValue])

    /// Reads the JSON of `config`; a `$` of an interpolated value is printed twice.
    init(json: String, isInterpolated: Bool = true) throws {
        let bytes = Array(json.utf8)
        self = try JSONDecoder().decode(ComposeValue.self, from: Data(isInterpolated ? Self.single(bytes) : bytes))
    }

    private static func single(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        let dollar = UInt8(ascii: "$")
        while index < bytes.count {
            result.append(bytes[index])
            index += bytes[index] == dollar && index + 1 < bytes.count && bytes[index + 1] == dollar ? 2 : 1
        }
        return result
    }

    subscript(key: String) -> ComposeValue? {
        if case .mapping(let entries) = self { entries[key] } else { nil }
    }

    var entries: [String: ComposeValue] {
        if case .mapping(let entries) = self { entries } else { [:] }
    }

    var items: [ComposeValue] {
        if case .list(let items) = self { items } else { [] }
    }

    /// A single value as text; nil where there is none.
    var text: String? {
        switch self {
        case .text(let text): text
        case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
        case .flag(let flag): "\(flag)"
        case .null, .list, .mapping: nil
        }
    }

    var integer: Int? { text.flatMap { Int($0) } }
    var isTrue: Bool { text == "true" }
    var isNull: Bool { self == .null }
}

extension ComposeValue {
    /// As JSON that Compose reads as it is: every `$` is written twice.
    var json: [UInt8] {
        switch self {
        case .null: Array("null".utf8)
        case .flag(let flag): Array("\(flag)".utf8)
        case .number: Array((text ?? "0").utf8)
        case .text(let text): Self.quoted(text)
        case .list(let items): Self.enclosed("[", items.map(\.json), "]")
        case .mapping(let entries):
            Self.enclosed(
                "{",
                entries.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + [UInt8(ascii: ":")] + $0.value.json },
                "}")
        }
    }

    private static func enclosed(_ open: String, _ items: [[UInt8]], _ close: String) -> [UInt8] {
        Array(open.utf8) + items.joined(separator: [UInt8(ascii: ",")]) + Array(close.utf8)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            switch scalar {
            case "$": bytes += Array("$$".utf8)
            case "\"": bytes += Array("\\\"".utf8)
            case "\\": bytes += Array("\\\\".utf8)
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                bytes += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
            default: bytes += Array(String(Character(scalar)).utf8)
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }
}

extension ComposeValue: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = Self.decoded(Bool.self, value) {
            self = .flag(flag)
        } else if let number = Self.decoded(Double.self, value) {
            self = .number(number)
        } else if let text = Self.decoded(String.self, value) {
            self = .text(text)
        } else if let items = Self.decoded([ComposeValue].self, value) {
            self = .list(items)
        } else {
            self = .mapping(try value.decode([String: ComposeValue].self))
        }
    }

    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ container: any SingleValueDecodingContainer
    ) -> Value? {
        do { return try container.decode(type) } catch { return nil }
    }
}
