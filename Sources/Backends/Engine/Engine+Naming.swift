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
        let call = EngineCall("GET", "/networks/\(EngineCall.escaped(network))", to: "show the network \(network)")
        return try EngineJSON.read(EngineNetwork.self, try await send(call).body, of: "the network \(network)").gateway
    }
}
