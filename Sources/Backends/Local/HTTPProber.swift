import UpgradeCore
package import Wire

/// Asks ports of this machine through libcurl, with a timeout short enough for a look.
package struct HTTPProber: Prober {
    let session: HTTPSession

    package init(session: HTTPSession = HTTPSession()) {
        self.session = session
    }

    package func get(_ path: String, host: String, port: Int) async -> ProbeReply {
        // Whether anybody listens decides what a missing answer means, so the kernel is asked, not an error's text.
        guard LocalSocket.isListening(host: host, port: port) else { return .closed }
        let place = host.contains(":") ? "[\(host)]" : host
        let limits = HTTPLimits(connect: .seconds(2), total: .seconds(2), body: 256 << 10)
        do throws(Fault) {
            let response = try await session.send(HTTPRequest("GET", "http://\(place):\(port)\(path)", limits: limits))
            return .answered(status: response.status, body: String(decoding: response.body, as: UTF8.self))
        } catch {
            // It may have ended while it was asked.
            guard LocalSocket.isListening(host: host, port: port) else { return .closed }
            return .silent(reason: error.why.isEmpty ? error.what : error.why)
        }
    }
}
