import FoundationEssentials
import UpgradeCore

/// Who asks an instance's port.
package protocol Prober: Sendable {
    /// One GET with a short timeout. It does not throw: that nothing can be had is an answer too.
    func get(_ path: String, host: String, port: Int) async -> ProbeReply
}

/// What a port said.
package enum ProbeReply: Equatable, Sendable {
    /// Nothing listens.
    case closed
    /// Something listens and does not answer as a server should; the reason is for people.
    case silent(reason: String)
    case answered(status: Int, body: String)
}

extension Prober {
    /// What an instance answers by all that its version offers: `/health`, `/ready` where that is JSON, `/api/version`.
    ///
    /// Releases before 0.8.11 answer `/ready` with the page of the application and 200, as they do any unknown path.
    func answer(host: String, port: Int) async -> Instance.Answer {
        let host = ["0.0.0.0", ""].contains(host) ? "127.0.0.1" : host == "::" ? "::1" : host
        let health = await get("/health", host: host, port: port)
        guard health != .closed else { return .none }
        if let reason = ProbeReading.objection(to: health, path: "/health") { return .unwell(reason: reason) }
        let ready = await get("/ready", host: host, port: port)
        if ProbeReading.isReadiness(ready), let reason = ProbeReading.objection(to: ready, path: "/ready") {
            return .unwell(reason: reason)
        }
        let version = await get("/api/version", host: host, port: port)
        guard let version = ProbeReading.version(version) else {
            return .unwell(reason: "/api/version names no version: \(ProbeReading.told(version))")
        }
        return .serving(version: version)
    }
}

/// How the bodies of these endpoints are read.
enum ProbeReading {
    private struct Status: Decodable {
        let status: Bool?
        let detail: String?
        let version: String?
    }

    /// Why this is not a yes; nil where it is one.
    static func objection(to reply: ProbeReply, path: String) -> String? {
        if case .answered(200, let body) = reply, json(body)?.status == true { return nil }
        return "\(path): \(told(reply))"
    }

    /// Whether the version has the endpoint: its answer is JSON, or there is none at all.
    static func isReadiness(_ reply: ProbeReply) -> Bool {
        if case .answered(_, let body) = reply { json(body) != nil } else { true }
    }

    static func version(_ reply: ProbeReply) -> String? {
        guard case .answered(200, let body) = reply, let version = json(body)?.version, !version.isEmpty else {
            return nil
        }
        return version
    }

    /// The answer in a few words.
    static func told(_ reply: ProbeReply) -> String {
        switch reply {
        case .closed: return "nothing listens"
        case .silent(let reason): return reason
        case .answered(let status, let body):
            guard let read = json(body) else { return "\(status) with something that is not Open WebUI's answer" }
            return read.detail.map { "\(status) \($0)" } ?? "\(status) \(body.prefix(80))"
        }
    }

    private static func json(_ body: String) -> Status? {
        do { return try JSONDecoder().decode(Status.self, from: Data(body.utf8)) } catch { return nil }
    }
}
