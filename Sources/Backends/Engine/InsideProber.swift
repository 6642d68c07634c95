import UpgradeCore

/// Asks a port from inside a container of the engine, with what Open WebUI's image has for it.
struct InsideProber: Prober {
    let engine: Engine
    let container: String

    func get(_ path: String, host: String, port: Int) async -> ProbeReply {
        let command = [
            "curl", "--silent", "--noproxy", "*", "--max-time", "2", "--write-out", "\\n%{http_code}",
            "http://\(host):\(port)\(path)",
        ]
        // What is not certain is no open port: one that is open before its time is a failure.
        do throws(Fault) {
            let (exit, output) = try await engine.run(command, in: container)
            let end = output.lastIndex(of: "\n") ?? output.startIndex
            if exit == 0, let status = Int(output[end...].trimmingPrefix("\n")) {
                return .answered(status: status, body: String(output[..<end]))
            }
            // A connection to itself does not take its time: what does is the answer.
            guard Self.connected.contains(exit) || (exit == Self.timeout && host.isLoopback) else { return .closed }
            return .silent(reason: "curl in the container ended with \(exit)")
        } catch { return .closed }
    }

    /// Codes with which curl ends after it was connected: an empty answer, and one that broke off.
    /// https://curl.se/docs/manpage.html#EXIT
    private static let connected: Set<Int> = [52, 56]
    private static let timeout = 28
}
