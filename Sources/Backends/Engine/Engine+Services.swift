import FoundationEssentials
package import UpgradeCore
import Wire

extension Engine {
    /// The services of the swarm, by their names.
    package func services() async throws(Fault) -> [EngineService] {
        let call = EngineCall("GET", "/services", to: "list the services of the swarm")
        return try await value(of: call, "the list of services").list.compactMap(EngineService.init).sorted {
            $0.name < $1.name
        }
    }

    /// One service, by its id or name; `.missing` where there is none.
    package func service(_ name: String) async throws(Fault) -> EngineService {
        let call = EngineCall("GET", "/services/\(EngineCall.escaped(name))", to: "show the service \(name)")
        let answer = try await value(of: call, "the service \(name)")
        guard let service = EngineService(answer) else {
            throw .unreadEngineAnswer("the service \(name)", why: "it has no id or no version")
        }
        return service
    }

    /// Writes a service's spec, made from this version of it; `.conflict` where it has been changed since.
    package func update(_ service: EngineService) async throws(Fault) {
        let path = "/services/\(EngineCall.escaped(service.id))/update"
        let call = EngineCall(
            "POST", path, ["version": "\(service.index)"], body: try EngineJSON.write(service.spec),
            to: "update the service \(service.name)")
        do throws(Fault) { _ = try await send(call) } catch {
            // Engines answer 500 to a version that is no longer the present one, as to much else.
            guard error.kind == .failed, try await self.service(service.id).index != service.index else { throw error }
            throw .serviceChanged(service.name, why: error.why)
        }
    }

    /// Makes a service; its id. Its nodes are told who asks the registry.
    func makeService(_ spec: EngineValue, as login: Secret?) async throws(Fault) -> String {
        let name = spec["Name"].text ?? ""
        let call = EngineCall(
            "POST", "/services/create", body: try EngineJSON.write(spec),
            secretHeaders: login.map { ["X-Registry-Auth": $0] } ?? [:], to: "make the service \(name)")
        return try await value(of: call, "the service \(name)")["ID"].text ?? ""
    }

    /// Removes a service with its tasks; one that is gone is removed.
    func removeService(_ id: String, limits: HTTPLimits = HTTPLimits()) async throws(Fault) {
        let path = "/services/\(EngineCall.escaped(id))"
        let call = EngineCall("DELETE", path, limits: limits, to: "remove the service \(id)")
        do throws(Fault) { _ = try await send(call) } catch { if error.kind != .missing { throw error } }
    }

    /// Every task of these services that the swarm still knows.
    package func tasks(of services: [String]) async throws(Fault) -> [EngineTask] {
        let query = ["filters": String(decoding: try EngineJSON.write(["service": services]), as: UTF8.self)]
        let call = EngineCall("GET", "/tasks", query, to: "list the tasks of \(services.joined(separator: ", "))")
        return try await value(of: call, "the list of tasks").list.compactMap(EngineTask.init)
    }

    /// The id under which services know the network of their node itself; nil where the swarm has none. Engines have an id
    /// of their own for it.
    func hostNetwork() async throws(Fault) -> String? {
        let call = EngineCall("GET", "/networks/host", ["scope": "swarm"], to: "show the network host of the swarm")
        return try await ifHere { () async throws(Fault) in try await value(of: call, "the network host") }?["Id"].text
    }

    /// The machines of the swarm.
    package func nodes() async throws(Fault) -> [EngineNode] {
        let call = EngineCall("GET", "/nodes", to: "list the nodes of the swarm")
        return try await value(of: call, "the list of nodes").list.compactMap(EngineNode.init)
    }

    /// What tells one swarm from another.
    package func swarmID() async throws(Fault) -> String {
        let call = EngineCall("GET", "/swarm", to: "show its swarm")
        return try await value(of: call, "its swarm")["ID"].text ?? ""
    }

    /// The addresses of this engine's containers in a network, by their ids; none where there is no such network.
    package func addresses(in network: String) async throws(Fault) -> [String: String] {
        let call = EngineCall("GET", "/networks/\(EngineCall.escaped(network))", to: "show the network \(network)")
        do throws(Fault) {
            let containers = try await value(of: call, "the network \(network)")["Containers"].object
            return containers.compactMapValues { $0["IPv4Address"].text?.beforeSlash }.filter { !$0.value.isEmpty }
        } catch {
            if error.kind == .missing { return [:] }
            throw error
        }
    }

    /// The answer with its names as they are.
    func value(of call: EngineCall, _ what: String) async throws(Fault) -> EngineValue {
        let body = try await send(call).body
        do { return try JSONDecoder().decode(EngineValue.self, from: Data(body)) } catch {
            throw .unreadEngineAnswer(what, why: "\(error)")
        }
    }
}

extension Fault {
    static func serviceChanged(_ name: String, why: String) -> Fault {
        Fault(
            .conflict, "The service \(name) was changed by someone else meanwhile.", why: why,
            remedy: "look with `docker service inspect \(name)` what it is now; who changes it must stop")
    }
}
