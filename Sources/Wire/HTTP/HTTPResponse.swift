/// What an answer begins with.
package struct HTTPHead: Equatable, Sendable {
    package let status: Int
    /// In the order of arrival, names as they were sent.
    package private(set) var headers: [(name: String, value: String)]

    package init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = headers
    }

    /// The first value of a header, whatever the case of its name.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.status == right.status && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }

    /// Reads `HTTP/1.1 200 OK`; nil for any other line.
    init?(statusLine line: String) {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
        self.init(status: status)
    }

    mutating func read(line: String) {
        guard let colon = line.firstIndex(of: ":") else { return }
        headers.append((line[..<colon].trimmed, line[line.index(after: colon)...].trimmed))
    }
}

/// A whole answer.
package struct HTTPResponse: Equatable, Sendable {
    package let head: HTTPHead
    package let body: [UInt8]

    package var status: Int { head.status }

    package init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package func header(_ name: String) -> String? {
        head.header(name)
    }
}
