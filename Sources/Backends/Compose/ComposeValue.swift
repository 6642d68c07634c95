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
