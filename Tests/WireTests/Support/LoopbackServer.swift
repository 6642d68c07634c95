import Dispatch
import Glibc
import Synchronization

/// A server of a test's own on TCP or a Unix socket, which does with each client what the test says.
final class LoopbackServer: Sendable {
    private let listener: Int32
    private let path: String?
    private let portNumber: UInt16

    init(_ serve: @escaping @Sendable (Client) -> Void) throws {
        (listener, portNumber) = try listenOnLoopback()
        path = nil
        admit(serve)
    }

    init(socket path: String, _ serve: @escaping @Sendable (Client) -> Void) throws {
        listener = try listenOnSocket(path)
        portNumber = 0
        self.path = path
        admit(serve)
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        if let path { unlink(path) }
    }

    var url: String { "http://127.0.0.1:\(portNumber)" }

    private func admit(_ serve: @escaping @Sendable (Client) -> Void) {
        let listener = listener
        DispatchQueue(label: "listener").async {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                DispatchQueue(label: "client").async {
                    let client = Client(descriptor)
                    serve(client)
                    client.end()
                }
            }
        }
    }
}

/// One client of it; every call blocks its own thread.
struct Client: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A request with as much body as its Content-Length says; empty when the client left.
    func request() -> String {
        var text = ""
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1 {
            bytes.append(byte)
            text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let length = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            let wanted = length.flatMap { Int($0.dropFirst(16)) } ?? 0
            if text[end.upperBound...].utf8.count >= wanted { break }
        }
        return text
    }

    /// False when the client is gone.
    @discardableResult
    func say(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    func answer(_ body: String, status: String = "200 OK", headers: String = "") {
        say("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Waits until the client says something. What is left unread when the connection ends has the kernel reset it.
    func awaitWord(reading: Bool) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        _ = recv(descriptor, &bytes, bytes.count, reading ? 0 : Int32(MSG_PEEK))
    }

    /// Waits until the client has closed.
    func awaitEnd() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1 {}
    }

    func end() {
        // Reaches the client even if another test's child has got the descriptor.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}

/// A gate between a test and its server: the one waits, the other opens it.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() {
        semaphore.signal()
    }

    /// Blocks its thread.
    func pass() {
        semaphore.wait()
    }

    /// Waits without holding a thread of the pool.
    func passed() async throws {
        try await blocking { self.pass() }
    }
}

/// What a server's thread has seen.
final class Seen<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func append(_ value: Value) {
        values.withLock { $0.append(value) }
    }

    var all: [Value] { values.withLock { $0 } }
}

private func listenOnSocket(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(descriptor, 64) == 0
        }
    }
    guard bound else { throw SocketFailure(call: "listen") }
    return descriptor
}
