/// Ports as a person writes them: `8081-8090`, `8081`, or a list of such.
package struct PortList: Codable, Equatable, Sendable, ExpressibleByArrayLiteral {
    /// In the order in which they are given out.
    package let ports: [Int]

    package init(_ ports: [Int]) {
        self.ports = ports
    }

    package init(arrayLiteral ports: Int...) {
        self.ports = ports
    }

    /// Reads `8081-8083, 8090`; nil where it is anything else.
    package init?(_ text: String) {
        var ports: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int($0.filter { $0 != " " }) }
            guard let first = ends[0], let last = ends.count == 1 ? first : ends[1], ends.count <= 2, first <= last,
                1...65535 ~= first, last <= 65535
            else { return nil }
            ports += first...last
        }
        self.ports = ports
    }

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        do { self = try PortList.read([try value.decode(Entry.self)], decoder) } catch let error as DecodingError {
            guard case .typeMismatch = error else { throw error }
            self = try PortList.read(try value.decode([Entry].self), decoder)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(ports)
    }

    private static func read(_ entries: [Entry], _ decoder: any Decoder) throws -> PortList {
        PortList(
            try entries.flatMap { entry in
                guard let list = PortList(entry.text) else {
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: decoder.codingPath, debugDescription: "not ports: \(entry.text)"))
                }
                return list.ports
            })
    }

    /// One port or range, written as a number or as text.
    private struct Entry: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            do { text = String(try value.decode(Int.self)) } catch { text = try value.decode(String.self) }
        }
    }
}
