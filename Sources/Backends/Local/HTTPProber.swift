import UpgradeCore
import Wire

/// Asks instances over HTTP, with connections that stay open between two looks.
package struct HTTPProber: Prober {
    private let session = HTTPSession()

    package init() {}

    package func get(_ path: String, host: String, port: Int) async -> ProbeReply {
        let name = host.contains(":") ? "[\(host)]" : host
        let limits = HTTPLimits(connect: .seconds(1), total: .seconds(2), body: 65_536)
        let request = HTTPRequest("GET", "http://\(name):\(port)\(path)", limits: limits)
        do throws(Fault) {
            let response = try await session.send(request)
            return .answered(status: response.status, body: String(decoding: response.body, as: UTF8.self))
        } catch {
            return LocalSocket.listens(on: port) ? .silent(reason: error.why) : .closed
        }
    }
}
