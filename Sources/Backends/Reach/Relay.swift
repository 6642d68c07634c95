import CProcess
import Glibc
import Synchronization
import UpgradeCore

/// A container in the application's networks through which connections reach the database: a shell that waits, of the
/// application's own image, in which nothing of the application is started or imported.
///
/// Each connection is a command in it, which docker's client joins to a port of this machine. It lives for as long as this
/// process holds a stream to it, and ends by itself where that breaks off.
final class Relay: Sendable {
    /// What people are told of it.
    let name: String
    let listener: RelayListener
    private let words: Passage.Words
    private let holder: Task<Void, Never>
    private let life = Mutex(Life())
    private let removal: @Sendable () async -> Void

    private struct Life {
        /// The end of a stream on whose other end the container's life hangs.
        var leash: Int32?
        var hasEnded = false
    }

    /// Joins a container that runs `RelayScript.wait` to a port, for a server that it knows by this name. `docker` is the
    /// client's program; `removal` takes the container away.
    init(
        name: String, container: String, docker: String, to host: String, port: Int,
        removal: @escaping @Sendable () async -> Void
    ) throws(Fault) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .noRelayPort(errno: errno) }
        let words = Passage.Words()
        let call = { (script: String, more: [String]) in
            ["exec", "--interactive", container, "bash", "-c", script, "owui-upgrade"] + more
        }
        let door = call(RelayScript.door, [host, String(port)])
        do throws(Fault) {
            listener = try RelayListener(port: port) { connection in
                // It belongs to its connection, and ends with it.
                Task { if let said = await Passage.join(connection, to: docker, door) { words.put(said) } }
            }
        } catch {
            for end in ends { Glibc.close(end) }
            throw error
        }
        (self.name, self.words, self.removal) = (name, words, removal)
        let hold = call(RelayScript.hold, [])
        holder = Task { [end = ends[1]] in _ = await Passage.join(end, to: docker, hold) }
        life.withLock { $0.leash = ends[0] }
        Task { [holder, weak self] in
            await holder.value
            self?.life.withLock { $0.hasEnded = true }
        }
    }

    /// Whether nothing goes through it any more.
    var hasEnded: Bool { life.withLock { $0.hasEnded } }

    /// What the last connection that came to nothing said, once; nil where none did.
    func complaint() async -> String? { await words.awaited() }
    func forgetComplaint() { _ = words.take() }

    /// Ends it and everything that goes through it. May be called twice.
    func close() async {
        let leash = life.withLock { life in
            defer { (life.leash, life.hasEnded) = (nil, true) }
            return life.leash
        }
        guard let leash else { return }
        listener.close()
        // Before the leash: what ends by itself is being removed already, and may be seen for a moment longer.
        await removal()
        Glibc.close(leash)
    }
}

/// What a relay's shell does. Bash is in Open WebUI's image, and opens connections by itself.
enum RelayScript {
    private static let place = "/tmp/owui-upgrade"

    /// Waits for whoever holds it, a minute at most, and ends when that one lets go.
    static let wait = """
        mkfifo -m 600 \(place) && exec 3<>\(place) && read -r -t 60 -u 3 && exec 4<\(place) 3>&- && exec cat <&4 >/dev/null
        """

    /// Holds the relay for as long as its standard input is open.
    static let hold = """
        until [ -p \(place) ]; do sleep 0.05; done; exec >\(place) && echo held && exec cat
        """

    /// One connection to host `$1`, port `$2`. Where one side ends, the other does when everything has arrived.
    ///
    /// `dd` reads and writes; busybox's `cat` has the kernel move what comes from a socket, and bytes were then left in the
    /// pipe behind it, one time in two (tried with Linux 6.18).
    static let door = """
        exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 69
        dd bs=64k <&3 2>/dev/null & down=$!; dd bs=64k <&4 >&3 2>/dev/null & up=$!
        wait -n; kill "$down" "$up" 2>/dev/null; exit 0
        """
}
