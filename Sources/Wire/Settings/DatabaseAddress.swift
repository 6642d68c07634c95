internal import UpgradeCore

/// A database URL taken apart as SQLAlchemy does it, which is not how RFC 3986 or libpq do.
///
/// User and password are percent-decoded, host and database are not; `+` is a space in the query alone.
/// https://github.com/sqlalchemy/sqlalchemy/blob/rel_2_0_50/lib/sqlalchemy/engine/url.py
struct DatabaseAddress: Equatable {
    let scheme: String
    private(set) var user: String?
    private(set) var password: Secret?
    private(set) var host: String?
    private(set) var port: String?
    private(set) var database: String?
    private(set) var query: [(name: String, value: String)] = []

    init(_ text: String) throws(Fault) {
        guard !text.isEmpty else { throw .badAddress("it is set but empty") }
        guard !text.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw .badAddress("it holds a line break or another control character")
        }
        guard let mark = text.firstRange(of: "://"), Self.isScheme(text[..<mark.lowerBound]) else {
            throw .badAddress("it does not begin with a scheme such as postgresql://")
        }
        scheme = String(text[..<mark.lowerBound])
        let (rest, query) = text[mark.upperBound...].cut(at: "?", after: Self.endOfCredentials)
        try readQuery(query ?? "")
        let (authority, path) = rest.cut(at: "/", after: Self.endOfCredentials)
        database = path.map { String($0) }
        try readAuthority(authority)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.scheme == right.scheme && left.user == right.user && left.password == right.password
            && left.host == right.host && left.port == right.port && left.database == right.database
            && left.query.elementsEqual(right.query) { $0 == $1 }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0 == "+" || $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
    }

    /// Where user and password end: a password may hold `/` and `?`, a user only before its colon may not hold `/`.
    private static func endOfCredentials(_ text: Substring) -> Substring.Index {
        guard let at = text.firstIndex(of: "@") else { return text.startIndex }
        let before = text[..<at]
        let isUser = before.firstIndex { $0 == "/" || $0 == ":" }.map { before[$0] == ":" } ?? true
        return isUser ? at : text.startIndex
    }

    private mutating func readAuthority(_ authority: Substring) throws(Fault) {
        var place = authority
        if let at = authority.firstIndex(of: "@") {
            let (user, password) = authority[..<at].cut(at: ":")
            self.user = try Self.decoded(user)
            self.password = try password.map { text throws(Fault) in Secret(try Self.decoded(text)) }
            place = authority[authority.index(after: at)...]
        }
        guard !place.contains("@") else { throw .badAddress("the password holds an @, which ends it; write it as %40") }
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { throw .badAddress("an IPv6 address lacks its ]") }
            host = String(place[place.index(after: place.startIndex)..<end])
            place = place[place.index(after: end)...]
            guard place.isEmpty || place.first == ":" else {
                throw .badAddress("after ] comes something else than a port")
            }
            port = place.isEmpty ? nil : String(place.dropFirst())
        } else {
            let (name, port) = place.cut(at: ":")
            host = name.isEmpty ? nil : String(name)
            self.port = port.map { String($0) }
        }
        try check()
    }

    private func check() throws(Fault) {
        // SQLAlchemy would take such a password for a part of the database's name, and messages would show it.
        guard database?.contains("@") != true else { throw .badAddress("the user holds a /; write it as %2F") }
        if let port, !port.isEmpty, UInt16(port) == nil {
            throw .badAddress("the port is not a number; a / or : in user or password is written %2F or %3A")
        }
        if host?.contains("%") == true {
            throw .badAddress("Open WebUI does not decode % in a host; a socket's folder is given as ?host=/folder")
        }
    }

    private mutating func readQuery(_ text: Substring) throws(Fault) {
        for pair in text.split(separator: "&") {
            let (name, value) = pair.cut(at: "=")
            guard let value, !value.isEmpty else { continue }
            let plain = { (text: Substring) in text.replacing("+", with: " ")[...] }
            query.append((try Self.decoded(plain(name)), try Self.decoded(plain(value))))
        }
    }

    /// As Python's `unquote`: a % that begins no escape stays.
    private static func decoded(_ text: Substring) throws(Fault) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let escaped = escape(rest) else {
                bytes.append(byte)
                continue
            }
            bytes.append(escaped)
            rest = rest.dropFirst(2)
        }
        guard !bytes.contains(0) else { throw .badAddress("it holds %00, which PostgreSQL does not allow") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count >= 2 else { return nil }
        let values = digits.prefix(2).map { Character(UnicodeScalar($0)).hexDigitValue }
        guard let high = values[0], let low = values[1] else { return nil }
        return UInt8(high * 16 + low)
    }
}

extension Substring {
    /// What is before the first such character, and what is after it; nil when there is none.
    fileprivate func cut(
        at character: Character,
        after start: (Substring) -> Index = { $0.startIndex }
    ) -> (Substring, Substring?) {
        guard let place = self[start(self)...].firstIndex(of: character) else { return (self, nil) }
        return (self[..<place], self[index(after: place)...])
    }
}
