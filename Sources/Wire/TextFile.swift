internal import Glibc
internal import UpgradeCore

/// A small configuration file as text; nil when there is none at that place.
func readText(_ path: String) throws(Fault) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw .unreadable(path, why: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 { throw .unreadable(path, why: String(cString: strerror(errno))) }
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
        if bytes.count > 1 << 20 { throw .unreadable(path, why: "it is larger than a configuration file") }
    }
}
