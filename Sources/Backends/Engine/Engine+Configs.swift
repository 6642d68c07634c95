import FoundationEssentials
import UpgradeCore

/// A config of a swarm: data that never changes, under labels that may.
struct EngineConfig: Sendable {
    let id: String
    /// Which version of it this is; a change names the version that it was made from.
    let index: Int
    let spec: EngineValue

    init(id: String, index: Int, spec: EngineValue) {
        self.id = id
        self.index = index
        self.spec = spec
    }

    init?(_ answer: EngineValue) {
        guard let id = answer["ID"].text, let index = answer["Version"]["Index"].integer else { return nil }
        self.init(id: id, index: index, spec: answer["Spec"])
    }

    static func spec(_ name: String, labels: [String: String], data: [UInt8]) -> EngineValue {
        .object([
            "Name": .text(name), "Labels": .object(labels.mapValues(EngineValue.text)),
            "Data": .text(Data(data).base64EncodedString()),
        ])
    }

    var name: String { spec["Name"].text ?? id }
    var labels: [String: String] { spec["Labels"].labels }
    var data: [UInt8] { spec["Data"].text.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? [] }
}

extension Engine {
    /// The configs of the swarm that bear this label.
    func configs(labelled name: String, _ text: String) async throws(Fault) -> [EngineConfig] {
        let filters = ["filters": String(decoding: try EngineJSON.write(["label": ["\(name)=\(text)"]]), as: UTF8.self)]
        let call = EngineCall("GET", "/configs", filters, limits: .short, to: "list the configs of the swarm")
        return try await value(of: call, "the list of configs").list.compactMap(EngineConfig.init)
    }

    /// A config by its name or id; nil where there is none.
    func config(_ name: String) async throws(Fault) -> EngineConfig? {
        let path = "/configs/\(EngineCall.escaped(name))"
        let call = EngineCall("GET", path, limits: .short, to: "show the config \(name)")
        let answer = try await ifHere { () async throws(Fault) in try await value(of: call, "the config \(name)") }
        return try answer.map { (answer) throws(Fault) in
            guard let config = EngineConfig(answer) else {
                throw .unreadEngineAnswer("the config \(name)", why: "it has no id or no version")
            }
            return config
        }
    }

    /// Makes a config; `.conflict` where its name is taken.
    func makeConfig(_ name: String, labels: [String: String], data: [UInt8]) async throws(Fault) {
        let spec = EngineConfig.spec(name, labels: labels, data: data)
        let call = EngineCall(
            "POST", "/configs/create", body: try EngineJSON.write(spec), limits: .short, to: "make the config \(name)")
        _ = try await send(call)
    }

    /// Writes a config's labels, made from this version of it; `.conflict` where it has been changed or removed since.
    func update(_ config: EngineConfig) async throws(Fault) {
        let call = EngineCall(
            "POST", "/configs/\(EngineCall.escaped(config.id))/update", ["version": "\(config.index)"],
            body: try EngineJSON.write(config.spec), limits: .short, to: "update the config \(config.name)")
        do throws(Fault) { _ = try await send(call) } catch {
            // Engines answer 500 to a version that is no longer the present one, as to much else.
            guard error.kind == .failed || error.kind == .missing,
                try await self.config(config.id)?.index != config.index
            else { throw error }
            throw .configChanged(config.name, why: error.why)
        }
    }

    /// Removes a config by its id; one that is gone is removed.
    func removeConfig(_ id: String) async throws(Fault) {
        let path = "/configs/\(EngineCall.escaped(id))"
        let call = EngineCall("DELETE", path, limits: .short, to: "remove the config \(id)")
        do throws(Fault) { _ = try await send(call) } catch { if error.kind != .missing { throw error } }
    }
}

extension Fault {
    static func configChanged(_ name: String, why: String) -> Fault {
        Fault(
            .conflict, "The config \(name) was changed by someone else meanwhile.", why: why,
            remedy: "look with `docker config inspect \(name)` what it is now, then give the same command again")
    }
}
