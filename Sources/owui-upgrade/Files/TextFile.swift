import Glibc
import UpgradeCore

/// Small text files, read whole.
enum TextFile {
    /// The text of a file of at most 1 MiB.
    static func read(_ path: String) throws(Fault) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadableFile(path, errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadableFile(path, errno: errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
        throw .fileTooLarge(path)
    }
}

extension String {
    /// The folder that a path's last part stands in.
    var folder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// This path as seen from a folder, unless it is absolute.
    func from(folder: String) -> String { hasPrefix("/") ? self : "\(folder)/\(self)" }

    /// The absolute path, without links where it exists.
    var absolute: String { resolved ?? from(folder: ".".resolved ?? ".") }

    /// The absolute path without links, where it exists.
    var resolved: String? {
        guard let real = realpath(self, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
