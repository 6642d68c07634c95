import Glibc
import UpgradeCore
import Wire

/// The way to one engine: requests as they go there, and why it cannot be reached.
final class EngineLine: Sendable {
    private let address: EngineAddress
    private let tunnel: SSHTunnel?

    init(to address: EngineAddress, ssh: String) {
        self.address = address
        if case .ssh(let destination) = address.way {
            tunnel = SSHTunnel(to: destination, by: ssh)
        } else {
            tunnel = nil
        }
    }

    func request(for call: EngineCall, version: EngineVersion?) throws(Fault) -> HTTPRequest {
        var request = HTTPRequest(
            call.method, "\(base)\(call.target(version: version))", secretHeaders: call.secretHeaders,
            body: call.body, limits: call.limits)
        if !call.body.isEmpty { request.headers["Content-Type"] = "application/json" }
        switch address.way {
        case .socket(let path): request.socket = path
        case .ssh: request.socket = try tunnel?.socket()
        case .tcp: break
        case .tls(_, _, let security): request.tls = security
        }
        return request
    }

    private var base: String {
        switch address.way {
        case .socket, .ssh: "http://docker"
        case .tcp(let host, let port): "http://\(host):\(port)"
        case .tls(let host, let port, _): "https://\(host):\(port)"
        }
    }

    /// curl does not say why a socket cannot be opened; the system does.
    func explained(_ fault: Fault) async -> Fault {
        switch address.way {
        case .socket(let path) where fault.kind == .unavailable:
            return Self.fault(of: path, address.text, otherwise: fault.why)
        case .ssh where fault.kind == .unavailable:
            let said = await tunnel?.complaint() ?? ""
            return .engineAway(address.text, why: said.isEmpty ? fault.why : said)
        default:
            return fault.kind == .unavailable ? .engineAway(address.text, why: fault.why) : fault
        }
    }

    static func fault(of path: String, _ address: String, otherwise why: String) -> Fault {
        guard access(path, F_OK) == 0 else {
            let code = errno
            return code == EACCES ? .engineDenied(address, path) : .noEngineSocket(address, path)
        }
        guard access(path, R_OK | W_OK) == 0 else { return .engineDenied(address, path) }
        return .engineAway(address, why: why)
    }
}
