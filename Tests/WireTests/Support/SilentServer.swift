import Glibc

/// Listens on a port of the loopback and lets every client wait.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        (descriptor, port) = try listenOnLoopback()
    }

    deinit {
        close(descriptor)
    }

    /// Blocks until somebody has connected.
    func awaitClient() {
        var polled = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        poll(&polled, 1, -1)
    }
}

struct SocketFailure: Error {
    let call: String
    let code = errno
}

func listenOnLoopback() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
    }
    guard bound else { throw SocketFailure(call: "listen") }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

/// A file of mode 0600 that is gone with its owner.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String) throws {
        var template = Array("/tmp/wire-test.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw SocketFailure(call: "mkstemp") }
        path = template.withUnsafeBufferPointer {
            String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let bytes = Array(text.utf8)
        write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    deinit {
        unlink(path)
    }
}
