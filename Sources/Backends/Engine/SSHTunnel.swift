import CProcess
import Dispatch
import Glibc
import Synchronization
import UpgradeCore

/// A private socket of this machine, behind which each connection is an ssh to the engine's machine.
///
/// Whoever connects gets a `docker system dial-stdio` of the other side as its partner, as docker's own client has it.
final class SSHTunnel: Sendable {
    private let destination: SSHDestination
    private let ssh: String
    private let opening = Mutex<Opening?>(nil)
    private let words = Passage.Words()

    /// What a tunnel leaves behind when it is not closed.
    private struct Opening {
        let folder: String
        let path: String
        let source: any DispatchSourceRead
    }

    init(to destination: SSHDestination, by ssh: String) {
        self.destination = destination
        self.ssh = ssh
    }

    deinit {
        guard let opening = opening.withLock({ $0 }) else { return }
        opening.source.cancel()
        unlink(opening.path)
        rmdir(opening.folder)
    }

    /// The path of the socket, which is made when it is first asked for.
    func socket() throws(Fault) -> String {
        try opening.withLock { (opening) throws(Fault) in
            if let opening { return opening.path }
            let made = try open()
            opening = made
            return made.path
        }
    }

    /// What the ssh that failed last has said, once: it ends a moment after its connection.
    func complaint() async -> String { await words.awaited() ?? "" }

    private func open() throws(Fault) -> Opening {
        let folder = try Self.makeFolder()
        let path = "\(folder)/docker.sock"
        let descriptor = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0, Self.bind(descriptor, to: path), listen(descriptor, 16) == 0 else {
            throw .noTunnel(destination.text, why: String(cString: strerror(errno)))
        }
        let source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "ssh-tunnel"))
        let (ssh, destination, words) = (ssh, destination, words)
        source.setEventHandler {
            let connection = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
            // It belongs to its connection, and ends with it.
            guard connection >= 0 else { return }
            Task { if let said = await Passage.join(connection, to: ssh, destination.arguments) { words.put(said) } }
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
        return Opening(folder: folder, path: path, source: source)
    }

    private static func makeFolder() throws(Fault) -> String {
        let parent = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/owui-upgrade.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .noTunnel(parent, why: String(cString: strerror(errno)))
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func bind(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8CString)
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            bytes.withUnsafeBytes { field.copyMemory(from: $0) }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
