import FoundationEssentials

/// What the engine says of one container.
struct Container: Decodable, Equatable, Sendable {
    struct Configuration: Decodable, Equatable, Sendable {
        let image: String
        let labels: [String: String]
        let variables: [String]

        enum CodingKeys: String, CodingKey {
            case image = "Image"
            case labels = "Labels"
            case variables = "Env"
        }
    }

    struct State: Decodable, Equatable, Sendable {
        struct Health: Decodable, Equatable, Sendable {
            let status: String

            enum CodingKeys: String, CodingKey { case status = "Status" }
        }

        let status: String
        let exitCode: Int
        let started: String
        let health: Health?

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case exitCode = "ExitCode"
            case started = "StartedAt"
            case health = "Health"
        }
    }

    struct Networks: Decodable, Equatable, Sendable {
        struct Endpoint: Decodable, Equatable, Sendable {
            let address: String

            enum CodingKeys: String, CodingKey { case address = "IPAddress" }
        }

        let all: [String: Endpoint]

        enum CodingKeys: String, CodingKey { case all = "Networks" }
    }

    let id: String
    /// With a slash before it, as the engine writes it.
    let name: String
    let configuration: Configuration
    let state: State
    let networks: Networks

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case configuration = "Config"
        case state = "State"
        case networks = "NetworkSettings"
    }

    var image: String { configuration.image }
    var isRunning: Bool { state.status == "running" }
    var address: String? { networks.all.values.map(\.address).first { !$0.isEmpty } }

    /// Every container of a Compose project, stopped ones too, in the order of their names.
    static func all(of project: String) async throws -> [Container] {
        let ids = try await TestEngine.list(
            ["ps", "--all", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project=\(project)"])
        guard !ids.isEmpty else { return [] }
        let found = try await TestEngine.docker(["container", "inspect"] + ids)
        return try JSONDecoder().decode([Container].self, from: Data(found.utf8)).sorted { $0.name < $1.name }
    }
}
