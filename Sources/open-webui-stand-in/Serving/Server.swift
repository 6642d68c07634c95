import Glibc

/// The event loop of one worker: it takes many connections but answers one request at a time, synchronously.
///
/// So a query that waits for a lock freezes everything, as measured of the releases before 0.9.
struct Server {
    let listener: Listener
    let signals: Int32
    let application: Application

    /// Serves until SIGTERM or SIGINT and returns which of them came.
    func run() -> Int32 {
        var open: [Int32: [UInt8]] = [:]
        while true {
            var waiting = ([signals, listener.descriptor] + open.keys).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            for ready in waiting where ready.revents != 0 {
                switch ready.fd {
                case signals:
                    let stop = Signals.received(from: signals).first { $0 == SIGTERM || $0 == SIGINT }
                    if let stop { return stop }
                case listener.descriptor:
                    if let connection = listener.accept() { open[connection] = [] }
                default: read(ready.fd, &open)
                }
            }
        }
    }

    private func read(_ connection: Int32, _ open: inout [Int32: [UInt8]]) {
        var chunk = [UInt8](repeating: 0, count: 16384)
        let count = recv(connection, &chunk, chunk.count, 0)
        var bytes = open[connection] ?? []
        if count > 0 { bytes += chunk[..<count] }
        open[connection] = bytes
        let request = Request(bytes)
        guard count <= 0 || request != nil || bytes.count > 1 << 24 else { return }
        if let request { System.write(application.answer(request).text, to: connection) }
        open[connection] = nil
        shutdown(connection, Int32(SHUT_WR))
        close(connection)
    }
}
