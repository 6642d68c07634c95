import UpgradeCore

// Faults of finding a service.
extension Fault {
    static func noSwarm(_ engine: String, state: String) -> Fault {
        let remedy =
            switch state {
            case "locked": "`docker swarm unlock`, then give the same command again"
            case "pending": "wait until `docker info` shows the swarm as active, then give the same command again"
            default:
                "name a manager of the swarm in DOCKER_HOST or with `docker context use`, then give the same command again"
            }
        return Fault(
            .refused, "The Docker engine at \(engine) is in no swarm that it could be asked about.",
            why: "its state there is `\(state)`",
            remedy: remedy)
    }

    static func noSwarmManager(_ engine: String) -> Fault {
        Fault(
            .refused, "The Docker engine at \(engine) is no manager of its swarm.",
            why: "only managers may be asked for services, and change them",
            remedy: "name a manager in DOCKER_HOST or with `docker context use`; `docker node ls` shows them there")
    }

    static func noSwarmService(_ name: String, services: [String]) -> Fault {
        Fault(
            .missing, "The swarm has no service \(name).",
            why: services.isEmpty ? "it has none at all" : "it has \(services.joined(separator: ", "))",
            remedy: "name one that `docker service ls` shows with --swarm")
    }

    static func noOpenWebUIService(services: [String]) -> Fault {
        Fault(
            .missing, "No service of the swarm is Open WebUI by its image.",
            why: services.isEmpty ? "it has no service" : "it has \(services.joined(separator: ", "))",
            remedy: "name the service with --swarm; `docker service ls` shows all")
    }

    static func manyOpenWebUIServices(_ services: [String], why: String) -> Fault {
        Fault(
            .refused, "More than one service is Open WebUI: \(services.joined(separator: ", ")).", why: why,
            remedy: "say which one is to be upgraded with `--swarm \(services[0].shellWord)`")
    }

    /// A global service cannot be scaled to one task; a service's mode can be chosen only when it is made.
    static func notReplicated(_ service: EngineService) -> Fault {
        let mode = service.spec["Mode"].object.keys.sorted().first ?? "unknown"
        return Fault(
            .refused, "The service \(service.name) is not replicated, and cannot be scaled to one instance.",
            why: "its mode is \(mode), which runs an instance on every node",
            remedy: "make it anew with `--mode replicated --replicas N` (in a stack's file: deploy.mode: replicated; "
                + "`docker service rm \(service.name.shellWord)`, then `docker stack deploy`)")
    }

    static func databaseInTask(_ host: String) -> Fault {
        Fault(
            .refused, "The database is at \(host), which in a container is the container itself.",
            why: "the service's settings say so",
            remedy: "give the service the name of its database's service or machine, then give the same command again")
    }
}

// Faults of changing a service.
extension Fault {
    static func tasksHeld(_ names: [String]) -> Fault {
        Fault(
            .conflict, "Nothing was started: the swarm has not removed every task that has ended.",
            why: "for one that it still holds, it may start two: \(names.joined(separator: ", "))",
            remedy: "wait until `docker service ps` shows none of them, then `owui-upgrade resume`")
    }

    static func tasksLeft(_ names: [String]) -> Fault {
        Fault(
            .conflict, "The image was not changed: not every task of another one has ended.",
            why: names.joined(separator: ", "),
            remedy: "find out who started them (`docker service ps`), then `owui-upgrade resume`")
    }
}

// Faults of fetching an image.
extension Fault {
    static func notFetchedOnNode(_ image: String, _ node: String, why: String) -> Fault {
        Fault(
            .missing, "The node \(node) cannot have the image \(ImageName.told(image)), and may run the service.",
            why: why,
            remedy:
                "see that `docker pull \(image)` succeeds on that node, or keep the service off it with a constraint")
    }

    static func fetchTooSlow(_ image: String, _ nodes: [String], minutes: Int) -> Fault {
        Fault(
            .unavailable, "Not every node has fetched the image \(ImageName.told(image)).",
            why: "\(nodes.joined(separator: ", ")) did not within \(minutes) minutes",
            remedy: "`docker pull \(image)` on these nodes, then give the same command again")
    }
}

// What speaks against an upgrade.
extension Fault {
    static func updating(_ service: EngineService) -> Fault {
        let state = service.updateState ?? ""
        let name = service.name.shellWord
        return Fault(
            .refused, "The swarm has not finished its last update of \(service.name).",
            why: service.updateMessage.isEmpty ? state : "\(state): \(service.updateMessage)",
            remedy: state.hasSuffix("paused")
                ? "mend it, `docker service update --force \(name)`, then give the same command again"
                : "wait until `docker service ps \(name)` shows it done, then give the same command again")
    }

    static func inStack(_ service: String, stack: String, image: String) -> Fault {
        Fault(
            .invalid, "\(service) was deployed from the file of the stack \(stack), which this upgrade does not know.",
            why: "a `docker stack deploy` writes what the file says, replicas and environment among it",
            remedy: "give none while the run lasts; then write `image: \(image)` into the file")
    }

    /// What is left to do when the service runs the image that its file does not name yet.
    static func stackFile(of service: String, stack: String, image: String) -> String {
        "Now write `image: \(image)` for \(service) into the file of the stack \(stack): "
            + "as it is, the next `docker stack deploy` would start the old version again."
    }

    static func healthWindow(_ service: String, seconds: Int) -> Fault {
        Fault(
            .invalid, "The swarm ends a task of \(service) that is not healthy \(seconds) s after its start.",
            why: "its health check says no until the migration is done, and one that takes longer never would be",
            remedy: "where a migration may take that long, first "
                + "`docker service update --health-start-period 2h \(service.shellWord)`: checks fail unnoticed meanwhile, "
                + "and a task counts as healthy with the first that succeeds")
    }

    static func replacedForHealth(_ service: String, seconds: Int?) -> Fault {
        let time = seconds.map { "\($0) s after its start" } ?? "in time"
        return Fault(
            .invalid, "The task of \(service) that migrates is replaced at the end; the one in its place serves first.",
            why:
                "the swarm ends a task that is not healthy \(time), so that the one that migrates gets a health check that "
                + "waits a day",
            remedy:
                "nothing has to be done; a `start_period` of half an hour or more in its health check spares it that")
    }

    static func downTwiceOnSwarm(_ service: String) -> Fault {
        Fault(
            .invalid, "Users of \(service) may have to wait twice, the second time for as long as it takes to start.",
            why:
                "places for its tasks are counted, so that the one that migrated ends before what takes its place starts",
            remedy: "choose a time for it; the second wait is none with UVICORN_WORKERS=1 while the upgrade runs")
    }

    static func fixedServiceWorkers(_ service: String, _ place: String) -> Fault {
        Fault(
            .refused, "The number of workers of \(service) cannot be reduced for the migration.",
            why: "\(place) fixes it, and every worker migrates",
            remedy: "take it out and set UVICORN_WORKERS (`docker service update --env-add UVICORN_WORKERS=N "
                + "\(service.shellWord)`), then give the same command again")
    }

    static func secretKeyInTask(_ service: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(service) would log everyone out.",
            why: "neither WEBUI_SECRET_KEY nor WEBUI_SECRET_KEY_FILE is set: the key lies in each container by itself",
            remedy: "set WEBUI_SECRET_KEY to the one in /app/backend/.webui_secret_key of a container of it "
                + "(`docker service update --env-add WEBUI_SECRET_KEY=KEY \(service.shellWord)`), then give the same "
                + "command again")
    }

    static func dataInTask(_ service: String, _ folder: String) -> Fault {
        Fault(
            .invalid, "Uploads of \(service) go with each task that ends.",
            why: "no volume with a name is mounted at \(folder): they lie in the containers themselves",
            remedy:
                "copy them out with `docker cp CONTAINER:\(folder.shellWord) ./kept` before the upgrade, and mount a "
                + "volume or folder there that every node shares")
    }

    static func unchecked(_ service: String, nodes: Int) -> Fault {
        Fault(
            .refused, "Nobody could tell whether a task of \(service) on another node serves.",
            why: "\(nodes) nodes may run it, its health check is switched off, and no node publishes a port of it",
            remedy: "give it a health check, or keep it on this node "
                + "(`docker service update --constraint-add node.hostname==NODE \(service.shellWord)`)")
    }

    /// The same when it runs the old image again.
    static func stackFileBack(of service: String, stack: String, image: String) -> String {
        var name = ImageName(image)
        // As the file has it: the swarm adds the digest.
        if name.tag != nil { name.digest = nil }
        return "Where the file of the stack \(stack) names another image for \(service) by now, write "
            + "`image: \(name)` into it again before the next `docker stack deploy`."
    }

    static func lostTask(_ task: String, on node: EngineNode) -> Fault {
        Fault(
            .refused, "What \(task) does cannot be known: its node \(node.hostname) is \(node.state).",
            why: "a node that does not answer may still run its containers",
            remedy: "bring the node back; if its machine is off for good, `docker node rm --force \(node.id)`")
    }

    static func noNode(for service: String) -> Fault {
        Fault(
            .refused, "No node of the swarm may run a task of \(service) now.",
            why: "none is ready and active and fulfils its constraints",
            remedy: "look with `docker node ls`; `docker node update --availability active NODE` makes one active")
    }

    static func nodesUnready(_ nodes: [EngineNode], for service: String) -> Fault {
        Fault(
            .unavailable, "Not every node is ready that may run \(service).",
            why: nodes.map { "\($0.hostname) is \($0.isReady ? $0.availability : $0.state)" }.joined(separator: ", "),
            remedy: "look with `docker node ls`; tasks go to the other nodes meanwhile")
    }

    static func localVolume(_ volume: String, of service: String, nodes: Int) -> Fault {
        Fault(
            .refused,
            "\(service) would find other files on another node: its volume \(volume) is one of each node's own.",
            why: "\(nodes) nodes may run it, and the migrating task may come to any of them",
            remedy: "keep it on one node (`docker service update --constraint-add node.hostname==NODE "
                + "\(service.shellWord)`), or use a volume that all nodes share")
    }

    static func sharedVolume(_ volume: String, of service: String, nodes: Int) -> Fault {
        Fault(
            .invalid, "Whether the nodes share the volume \(volume) of \(service) cannot be told from here.",
            why: "\(nodes) nodes may run it, and its driver's options are each node's own affair",
            remedy: "make sure that every node sees the same files there")
    }

    static func fewPlaces(_ service: EngineService, places: Int, port: Int) -> Fault {
        Fault(
            .refused, "\(service.name) has more replicas than there is room for.",
            why: "it publishes port \(port) of the node itself (mode=host), which one task of a node can have, "
                + "and wants \(service.replicas ?? 0) on \(places) nodes",
            remedy: "`docker service scale \(service.name.shellWord)=\(places)`, then give the same command again")
    }
}
