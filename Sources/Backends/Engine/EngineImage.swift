/// An image that an engine has.
package struct EngineImage: Decodable, Equatable, Sendable {
    /// `sha256:…`, of its configuration.
    package let id: String
    /// `name:tag`; none for an image whose tags have moved on.
    package let names: [String]
    /// `name@sha256:…`; none for one that came from no registry.
    package let digests: [String]
    /// As the engine names its own: `amd64`.
    package let architecture: String
    package let os: String
    /// Bytes on the engine's disk.
    package let size: Int
    package let environment: [String: String]
    package let labels: [String: String]

    private struct Config: Decodable {
        let env: [String]?
        let labels: [String: String]?
    }

    private enum CodingKeys: String, CodingKey {
        case id, repoTags, repoDigests, architecture, os, size, config
    }

    package init(from decoder: any Decoder) throws {
        let answer = try decoder.container(keyedBy: CodingKeys.self)
        id = try answer.decode(String.self, forKey: .id)
        names = try answer.decodeIfPresent([String].self, forKey: .repoTags) ?? []
        digests = try answer.decodeIfPresent([String].self, forKey: .repoDigests) ?? []
        architecture = try answer.decode(String.self, forKey: .architecture)
        os = try answer.decode(String.self, forKey: .os)
        size = try answer.decodeIfPresent(Int.self, forKey: .size) ?? 0
        let config = try answer.decodeIfPresent(Config.self, forKey: .config)
        environment = EngineSettings.environment(config?.env)
        labels = config?.labels ?? [:]
    }
}

/// A network that an engine has.
package struct EngineNetwork: Decodable, Equatable, Sendable {
    package let id: String
    package let name: String
    /// `bridge`, `overlay`, `host`, `none`.
    package let driver: String
    /// `local` or `swarm`.
    package let scope: String
    package let labels: [String: String]?
    let ipam: Addresses?

    struct Addresses: Decodable, Equatable, Sendable {
        let config: [Pool]?
    }

    struct Pool: Decodable, Equatable, Sendable {
        let subnet: String?
        let gateway: String?
    }

    /// The address under which its containers reach the engine's machine; nil where it has none.
    var gateway: String? {
        let pool = ipam?.config?.first
        return pool?.gateway ?? pool?.subnet.flatMap(Self.firstAddress)
    }

    /// The first address of a subnet of IPv4, which the engine gives to its own machine where nobody chose another.
    private static func firstAddress(of subnet: String) -> String? {
        let parts = (subnet.split(separator: "/").first ?? "").split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4, parts[3] < 255 else { return nil }
        return (parts.dropLast() + [parts[3] + 1]).map(String.init).joined(separator: ".")
    }
}

/// What an engine says of itself.
package struct EngineSummary: Equatable, Sendable {
    package let id: String
    /// Of its machine.
    package let name: String
    package let version: String
    package let apiVersion: String
    /// As images name it: `amd64`.
    package let architecture: String
    package let os: String
    /// The folder of its images, containers and volumes, on its own machine.
    package let rootFolder: String
    /// Bytes.
    package let memory: Int
    /// The release of its machine's Linux, as `uname -r` says it.
    package let kernel: String
    /// Whether it runs without root, in a network of its own.
    package let isRootless: Bool
    /// Whether it is the one that a desktop runs in a virtual machine of its own.
    let isDesktop: Bool
    /// Nanoseconds since 1970 on the engine's own clock, when it was asked.
    package let time: Int64
    package let swarm: Swarm

    /// Its part in a swarm.
    package struct Swarm: Equatable, Sendable {
        /// `inactive`, `pending`, `active`, `error`, `locked`.
        package let state: String
        /// Whether it may be asked for services and configs.
        package let isManager: Bool
        package let nodeID: String
        package let nodeAddress: String
        package let error: String
    }
}

/// `GET /info`, as far as it is looked at.
struct EngineSummaryAnswer: Decodable {
    let id: String
    let name: String
    let dockerRootDir: String
    let memTotal: Int
    let kernelVersion: String?
    let operatingSystem: String?
    let securityOptions: [String]?
    let systemTime: String
    let swarm: Swarm?

    struct Swarm: Decodable {
        let localNodeState: String
        let controlAvailable: Bool
        let nodeID: String
        let nodeAddr: String
        let error: String
    }
}

extension EngineSummary {
    init(_ answer: EngineSummaryAnswer, _ greeting: EngineGreeting, time: Int64, spoken: EngineVersion) {
        id = answer.id
        name = answer.name
        version = greeting.version
        apiVersion = spoken.description
        architecture = greeting.arch
        os = greeting.os
        rootFolder = answer.dockerRootDir
        memory = answer.memTotal
        kernel = answer.kernelVersion ?? ""
        isDesktop = answer.operatingSystem == "Docker Desktop"
        isRootless = (answer.securityOptions ?? []).contains("name=rootless")
        self.time = time
        swarm = Swarm(
            state: answer.swarm?.localNodeState ?? "inactive", isManager: answer.swarm?.controlAvailable ?? false,
            nodeID: answer.swarm?.nodeID ?? "", nodeAddress: answer.swarm?.nodeAddr ?? "",
            error: answer.swarm?.error ?? "")
    }
}
