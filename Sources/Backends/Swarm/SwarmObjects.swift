package import JournalFile
package import UpgradeCore

/// The configs of a swarm, in which the journals and the lock of a service are kept: whoever reaches a manager reads them.
///
/// Only managers have them: no task of any service is given one of these.
package struct SwarmObjects: PlatformObjects {
    private let engine: Engine

    package init(_ engine: Engine) { self.engine = engine }

    /// What the swarm's documentation promises for one config; engines from 20.10 on take twice as much.
    package static let largest = 500 * 1000

    package var trade: PlatformTrade {
        PlatformTrade(
            platform: "the swarm", largest: Self.largest,
            list: { "docker config ls --filter label=\("\($0)=\($1)".shellWord)" },
            removeAll: {
                "docker config rm $(docker config ls --quiet --filter label=\("\($0)=\($1)".shellWord))"
            },
            remove: { "docker config rm \($0.shellWord)" })
    }

    package func all(labelled name: String, _ value: String) async throws(Fault) -> [PlatformObject] {
        try await engine.configs(labelled: name, value).map(PlatformObject.init)
    }

    package func named(_ name: String) async throws(Fault) -> PlatformObject? {
        try await engine.config(name).map(PlatformObject.init)
    }

    package func create(_ name: String, labels: [String: String], data: [UInt8]) async throws(Fault) {
        try await engine.makeConfig(name, labels: labels, data: data)
    }

    package func relabel(_ object: PlatformObject, _ labels: [String: String]) async throws(Fault) {
        let config = EngineConfig(
            id: object.id, index: object.version,
            spec: EngineConfig.spec(object.name, labels: labels, data: object.data))
        try await engine.update(config)
    }

    package func remove(_ object: PlatformObject) async throws(Fault) { try await engine.removeConfig(object.id) }
}

extension PlatformObject {
    fileprivate init(_ config: EngineConfig) {
        self.init(id: config.id, name: config.name, version: config.index, labels: config.labels, data: config.data)
    }
}
