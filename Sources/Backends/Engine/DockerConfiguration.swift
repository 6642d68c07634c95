import FoundationEssentials
import UpgradeCore
import Wire

/// The `config.json` of docker's client: which engine is meant, and who may pull from where.
struct DockerConfiguration: Sendable {
    let path: String
    let currentContext: String?
    /// By registry, as `docker login` wrote them.
    private let logins: [String: Login]
    /// The program that keeps the credentials of all registries, and those of single ones.
    private let store: String?
    private let helpers: [String: String]

    private struct File: Decodable {
        let currentContext: String?
        let auths: [String: Login]?
        let credsStore: String?
        let credHelpers: [String: String]?
    }

    private struct Login: Decodable {
        let auth: String?
        let username: String?
        let password: String?
        let identitytoken: String?
    }

    /// As it is in a folder; empty where there is none.
    init(folder: String) throws(Fault) {
        path = "\(folder)/config.json"
        var file = File(currentContext: nil, auths: nil, credsStore: nil, credHelpers: nil)
        if let bytes = try LocalFile.bytes(path), !bytes.isEmpty {
            guard let read = EngineJSON.readable(File.self, bytes) else { throw .badDockerConfiguration(path) }
            file = read
        }
        currentContext = file.currentContext
        logins = file.auths ?? [:]
        store = file.credsStore.flatMap { $0.isEmpty ? nil : $0 }
        helpers = file.credHelpers ?? [:]
    }

    /// Where docker's client looks for its configuration.
    static func folder(_ environment: [String: String], home: String) -> String {
        environment.given("DOCKER_CONFIG") ?? "\(home)/.docker"
    }

    /// What a registry goes by in the configuration.
    static func key(of registry: String) -> String {
        registry == "docker.io" ? "https://index.docker.io/v1/" : registry
    }

    /// The program that is to be asked for a registry: `docker-credential-NAME`. An empty name says that the file itself
    /// has the login.
    func helper(for registry: String) -> String? {
        let name = helpers[Self.key(of: registry)] ?? store ?? ""
        return name.isEmpty ? nil : "docker-credential-\(name)"
    }

    /// The login that is written in the file itself.
    func login(for registry: String) throws(Fault) -> RegistryLogin? {
        let key = Self.key(of: registry)
        guard let login = logins[key] ?? logins.first(where: { Self.host($0.key) == Self.host(key) })?.value else {
            return nil
        }
        if let token = login.identitytoken, !token.isEmpty { return .token(Secret(token)) }
        if let user = login.username, let password = login.password { return .password(user: user, Secret(password)) }
        guard let auth = login.auth, !auth.isEmpty else { return nil }
        guard let decoded = Data(base64Encoded: auth).map({ String(decoding: $0, as: UTF8.self) }),
            let colon = decoded.firstIndex(of: ":")
        else { throw .badRegistryLogin(path, registry) }
        let password = decoded[decoded.index(after: colon)...].filter { $0 != "\0" }
        return .password(user: String(decoded[..<colon]), Secret(password))
    }

    /// Older clients wrote whole addresses.
    private static func host(_ key: String) -> Substring {
        let rest = key.firstRange(of: "://").map { key[$0.upperBound...] } ?? key[...]
        return rest.prefix { $0 != "/" }
    }
}

/// What a registry is told by whom it is asked.
enum RegistryLogin: Equatable, Sendable {
    case password(user: String, Secret)
    case token(Secret)

    private struct Header: Encodable {
        var username: String?
        var password: String?
        var identitytoken: String?
        var serveraddress: String
    }

    /// The value of `X-Registry-Auth`, by which an engine is given it.
    func header(for registry: String) throws(Fault) -> Secret {
        var header = Header(serveraddress: DockerConfiguration.key(of: registry))
        switch self {
        case .password(let user, let password):
            header.username = user
            header.password = password.reveal()
        case .token(let token): header.identitytoken = token.reveal()
        }
        let text = Data(try EngineJSON.write(header)).base64EncodedString()
        return Secret(String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }
}
