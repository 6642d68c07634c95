import Glibc

@testable import open_webui_stand_in

/// A browser of three lines: one request on one connection.
struct Web {
    struct Answer: Equatable {
        let status: Int
        let type: String
        let body: String
    }

    let port: UInt16
    var token: String?

    /// Nil when nobody listens, or nobody answers in the given time.
    func ask(_ path: String, _ method: String = "GET", body: String = "", within seconds: Int = 30) -> Answer? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard connected(connection) else { return nil }
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        System.write(
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(authorization)Content-Length: \(body.utf8.count)\r\n\r\n\(body)",
            to: connection)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count >= 0 else { return nil }
            guard count > 0 else { return Self.parse(String(decoding: bytes, as: UTF8.self)) }
            bytes += chunk[..<count]
        }
    }

    func status(_ path: String) -> Int? { ask(path)?.status }

    /// A browser with the seeded administrator's token.
    func signedIn() -> Web {
        let credentials = "{\"email\":\"\(Seed.address)\",\"password\":\"\(Seed.password)\"}"
        let answer = ask("/api/v1/auths/signin", "POST", body: credentials)?.body ?? ""
        let token = answer.split(separator: "\"token\":\"").last?.prefix { $0 != "\"" }
        return Web(port: port, token: token.map(String.init))
    }

    private func connected(_ connection: Int32) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func parse(_ text: String) -> Answer? {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let type = lines.first { $0.hasPrefix("content-type: ") }?.dropFirst(14)
        return Answer(status: status ?? 0, type: String(type ?? ""), body: String(text[end.upperBound...]))
    }
}
