package import UpgradeCore
import Wire

extension Engine {
    /// Lets a name lead to an image that the engine has; where it led before, it leads no more.
    package func tag(image id: String, as name: String) async throws(Fault) {
        let name = ImageName(name)
        let query = ["repo": name.repository, "tag": name.tag ?? "latest"]
        _ = try await send(
            EngineCall("POST", EngineCall.image(id, "tag"), query, to: "name the image \(id) \(name)"))
    }

    /// The address under which the containers of a network reach the engine's machine; nil where it has none.
    package func gateway(of network: String) async throws(Fault) -> String? {
        struct Answer: Decodable { let ipam: Pools }
        struct Pools: Decodable { let config: [Pool]? }
        struct Pool: Decodable {
            let gateway: String?
            let subnet: String?
        }
        let call = EngineCall("GET", "/networks/\(EngineCall.escaped(network))", to: "show the network \(network)")
        let answer = try EngineJSON.read(Answer.self, try await send(call).body, of: "the network \(network)")
        let pool = answer.ipam.config?.first
        return pool?.gateway ?? pool?.subnet.flatMap(Self.firstAddress)
    }

    /// The first address of a subnet of IPv4, which the engine gives to its own machine where nobody chose another.
    private static func firstAddress(of subnet: String) -> String? {
        let parts = (subnet.split(separator: "/").first ?? "").split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4, parts[3] < 255 else { return nil }
        return (parts.dropLast() + [parts[3] + 1]).map(String.init).joined(separator: ".")
    }
}
