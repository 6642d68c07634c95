package import UpgradeCore
import Wire

extension EngineAddress {
    /// The engine that docker itself would speak to: DOCKER_HOST, then DOCKER_CONTEXT, then the current context of the
    /// configuration, then the usual socket.
    package init(environment: [String: String], home: String) throws(Fault) {
        let folder = DockerConfiguration.folder(environment, home: home)
        if environment.given("DOCKER_HOST") == nil, let name = try Self.context(environment, folder) {
            self = try Self.inContext(name, folder)
        } else {
            let host = environment.given("DOCKER_HOST") ?? "unix://\(Self.defaultPath)"
            try self.init(host: host, tls: try Self.security(environment, folder, for: host))
        }
    }

    /// The context that is meant; nil for the default one, which is made of the environment.
    private static func context(_ environment: [String: String], _ folder: String) throws(Fault) -> String? {
        let name: String?
        if let given = environment.given("DOCKER_CONTEXT") {
            name = given
        } else {
            name = try DockerConfiguration(folder: folder).currentContext
        }
        return name == nil || name == "" || name == "default" ? nil : name
    }

    /// DOCKER_TLS_VERIFY asks for TLS whatever its value, as docker has it.
    private static func security(
        _ environment: [String: String], _ folder: String, for host: String
    ) throws(Fault) -> HTTPSecurity? {
        guard !host.hasPrefix("unix://"), !host.hasPrefix("ssh://") else { return nil }
        guard environment.given("DOCKER_TLS_VERIFY") != nil else {
            guard environment.given("DOCKER_TLS") == nil else { throw .unverifiedEngine(host, "DOCKER_TLS") }
            return nil
        }
        return security(in: environment.given("DOCKER_CERT_PATH") ?? folder)
    }

    private static func security(in folder: String) -> HTTPSecurity {
        let file = { (name: String) in LocalFile.exists("\(folder)/\(name)") ? "\(folder)/\(name)" : nil }
        return HTTPSecurity(authorities: file("ca.pem"), certificate: file("cert.pem"), key: file("key.pem"))
    }

    /// A context's folders bear the hash of its name; its name is written inside.
    private static func inContext(_ name: String, _ folder: String) throws(Fault) -> EngineAddress {
        let contexts = "\(folder)/contexts"
        for id in LocalFile.names(in: "\(contexts)/meta") ?? [] {
            guard let bytes = try LocalFile.bytes("\(contexts)/meta/\(id)/meta.json"),
                let description = EngineJSON.readable(DockerContext.self, bytes), description.name == name
            else { continue }
            guard let endpoint = description.endpoints?["docker"], let host = endpoint.host, !host.isEmpty else {
                throw .noEngineInContext(name)
            }
            if endpoint.skipTLSVerify == true { throw .unverifiedEngine(host, "the context \(name)") }
            let tls = security(in: "\(contexts)/tls/\(id)/docker")
            return try EngineAddress(host: host, tls: tls == HTTPSecurity() ? nil : tls)
        }
        throw .noContext(name, in: "\(contexts)/meta")
    }
}

/// A `meta.json`.
private struct DockerContext: Decodable {
    struct Endpoint: Decodable {
        let host: String?
        let skipTLSVerify: Bool?
    }

    let name: String
    let endpoints: [String: Endpoint]?
}

extension [String: String] {
    /// A variable that is set to something.
    func given(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
