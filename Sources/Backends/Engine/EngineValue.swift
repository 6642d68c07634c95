import FoundationEssentials

/// JSON as the engine wrote it, for what is read, changed in one place and written back with all the rest untouched.
package enum EngineValue: Codable, Equatable, Sendable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([EngineValue])
    case object([String: EngineValue])

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = Self.attempt({ try value.decode(Bool.self) }) {
            self = .flag(flag)
        } else if let integer = Self.attempt({ try value.decode(Int64.self) }) {
            self = .integer(integer)
        } else if let number = Self.attempt({ try value.decode(Double.self) }) {
            self = .number(number)
        } else if let text = Self.attempt({ try value.decode(String.self) }) {
            self = .text(text)
        } else if let list = Self.attempt({ try value.decode([EngineValue].self) }) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: EngineValue].self))
        }
    }

    /// A value of another type is no failure: the next type is tried.
    private static func attempt<Value>(_ decode: () throws -> Value) -> Value? {
        do { return try decode() } catch { return nil }
    }

    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let object): try value.encode(object)
        }
    }
}

extension EngineValue {
    /// A member of an object; `null` where there is none, or no object. Setting it makes an object; setting `null`
    /// removes the member.
    package subscript(name: String) -> EngineValue {
        get {
            if case .object(let object) = self { object[name] ?? .null } else { .null }
        }
        set {
            var object = object
            object[name] = newValue == .null ? nil : newValue
            self = .object(object)
        }
    }

    package var object: [String: EngineValue] { if case .object(let object) = self { object } else { [:] } }
    package var list: [EngineValue] { if case .list(let list) = self { list } else { [] } }
    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    package var isNull: Bool { self == .null }

    package var integer: Int? {
        switch self {
        case .integer(let integer): Int(exactly: integer)
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    /// The texts of a list.
    package var texts: [String] { list.compactMap(\.text) }
    /// The texts of an object.
    package var labels: [String: String] { object.compactMapValues(\.text) }
}
