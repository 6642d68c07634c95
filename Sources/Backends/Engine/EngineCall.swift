import UpgradeCore
import Wire

/// One request to an engine, as a value.
struct EngineCall: Equatable, Sendable {
    var method: String
    /// Without the version that it begins with; its parts are already escaped.
    var path: String
    var query: [String: String]
    var body: [UInt8]
    var secretHeaders: [String: Secret]
    var limits: HTTPLimits
    /// What the engine is to do, for a fault: `remove the container web-1`.
    var purpose: String

    init(
        _ method: String = "GET", _ path: String, _ query: [String: String] = [:], body: [UInt8] = [],
        secretHeaders: [String: Secret] = [:], limits: HTTPLimits = HTTPLimits(), to purpose: String
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.secretHeaders = secretHeaders
        self.limits = limits
        self.purpose = purpose
    }

    /// 304 says that it is already so.
    func isGranted(_ status: Int) -> Bool { 200..<300 ~= status || status == 304 }

    /// For answers that come for as long as they like.
    static let endless = HTTPLimits(total: nil)

    /// Path and query as they stand in the request.
    func target(version: EngineVersion?) -> String {
        let pairs = query.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escaped($0.value))" }
        return (version.map { "/v\($0)" } ?? "") + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// https://www.rfc-editor.org/rfc/rfc3986#section-2.3, and what else may stand as it is.
    static func escaped(_ text: String, also: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Character(Unicode.Scalar(byte))
            if byte < 128, scalar.isLetter || scalar.isNumber || "-._~".contains(scalar) || also.contains(scalar) {
                result.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// The path of a container, by its id or name.
    static func container(_ id: String, _ rest: String) -> String {
        "/containers/\(escaped(id))/\(rest)"
    }

    /// The engine reads the slashes of an image's name as they are.
    static func image(_ name: String, _ rest: String) -> String {
        "/images/\(escaped(name, also: "/:@"))/\(rest)"
    }
}
