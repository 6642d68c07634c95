import FoundationEssentials
package import UpgradeCore
import Wire

extension SwarmBackend {
    /// Reads an image on this node, and brings it to every other that may run the service.
    ///
    /// What pins it is the digest by which every node gets the same from its registry. One that came from none goes by
    /// its name, which is all that other nodes could know it by.
    package func read(image: String) async throws(Fault) -> ImageFacts {
        let environment = ProcessInfo.processInfo.environment
        let probe = ImageProbe(engine, environment: environment, home: environment["HOME"] ?? "/")
        let facts = try await probe.read(image, hear: hear)
        let pinned = facts.pinned.flatMap { $0.hasPrefix("sha256:") ? nil : $0 }
        try await fetch(pinned ?? image, probe)
        return ImageFacts(
            image: facts.image, version: facts.version, chain: facts.chain, digest: facts.digest, pinned: pinned)
    }

    package func read(images: [String]) async throws(Fault) -> [ImageFacts] {
        try await Together.all(images) { (image) async throws(Fault) in try await self.read(image: image) }
    }

    /// How long other nodes may take.
    private static let minutes = 30

    private func fetch(_ image: String, _ probe: ImageProbe) async throws(Fault) {
        let service = try await engine.service(choice.main)
        let info = try await engine.info()
        let nodes = try await nodes(for: service)
        guard nodes.contains(where: { $0.id != info.swarm.nodeID }) else { return }
        try await clearFetches(now: info.time)
        let registry = ImageReference(image)?.registry
        let login = if let registry { try await probe.login(for: registry).header } else { Secret?.none }
        let salt = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let job = try await engine.makeService(
            service.fetch(of: image, named: "owui-upgrade-fetch-\(salt)"), as: login)
        let result: Result<Void, Fault>
        do throws(Fault) { result = .success(try await ended(job, for: service, image)) } catch {
            result = .failure(error)
        }
        let engine = engine
        // A cancelled task could not ask for it. A job that does not go then goes with a later fetch.
        let limits = Task.isCancelled ? HTTPLimits.short : HTTPLimits()
        let removal = await Task { () async -> Result<Void, Fault> in
            do throws(Fault) { return .success(try await engine.removeService(job, limits: limits)) } catch {
                return .failure(error)
            }
        }.value
        try result.get()
        try removal.get()
    }

    /// Where the service may run now.
    private func nodes(for service: EngineService) async throws(Fault) -> [EngineNode] {
        try await engine.nodes().filter { service.mayRun(on: $0) && $0.isReady && $0.availability == "active" }
    }

    /// Returns when the job has ended on each node that may run the service and is there.
    private func ended(_ job: String, for service: EngineService, _ image: String) async throws(Fault) {
        let begin = ContinuousClock.now
        let end = begin + .seconds(Self.minutes * 60)
        while true {
            let tasks = try await engine.tasks(of: [job])
            let nodes = try await nodes(for: service)
            for task in tasks where task.state == "rejected" {
                let node = nodes.first { $0.id == task.nodeID }?.hostname ?? task.nodeID
                throw .notFetchedOnNode(image, node, why: task.error)
            }
            let left = nodes.left(by: tasks, after: ContinuousClock.now - begin)
            if left.isEmpty { return }
            guard ContinuousClock.now < end else {
                throw .fetchTooSlow(image, left.map(\.hostname), minutes: Self.minutes)
            }
            try permit.reading.check("fetching an image")
            do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .toolInterrupted("fetching an image") }
        }
    }

    /// What a fetch that was killed has left behind. One that is still at work is younger.
    private func clearFetches(now: Int64) async throws(Fault) {
        for service in try await engine.services() where service.isFetch {
            let age = EngineTime.nanoseconds(service.created).map { now - $0 } ?? 0
            if age > Int64(Self.minutes + 5) * 60 * 1_000_000_000 { try await engine.removeService(service.id) }
        }
    }
}

extension [EngineNode] {
    /// How long the swarm may take to say where a job is to run.
    static var placing: (first: Duration, others: Duration) { (.seconds(120), .seconds(15)) }

    /// Those on which a job is still awaited that runs for so long. A node of which the swarm wants nothing, or on which it
    /// finds no place for the job, will be given no task of the service either.
    func left(by tasks: [EngineTask], after time: Duration) -> [EngineNode] {
        // It could not be started there, as it should: so it was made of the image, which is there.
        let done = Set(tasks.filter(\.endedByItself).map(\.nodeID))
        let placed = Set(tasks.filter { $0.state != "pending" || $0.error.isEmpty }.map(\.nodeID))
        let isSettled = time >= (tasks.isEmpty ? Self.placing.first : Self.placing.others)
        return filter { !done.contains($0.id) && (!isSettled || placed.contains($0.id)) }
    }
}

extension EngineService {
    private static let fetchLabel = "owui-upgrade.fetch"

    /// Whether it is there only to bring an image to nodes.
    var isFetch: Bool { labels[Self.fetchLabel] != nil }

    /// A job for every node that may run this service. The nodes make a container of the image, and can start nothing
    /// in it: of the target nothing is executed.
    func fetch(of image: String, named name: String) -> EngineValue {
        // How tasks are spread, and how many a node may have, does not say where one may run.
        let placement = template["Placement"].object.filter { ["Constraints", "Platforms"].contains($0.key) }
        return .object([
            "Name": .text(name), "Labels": .object([Self.fetchLabel: .text("1")]),
            "Mode": .object(["GlobalJob": .object([:])]),
            "TaskTemplate": .object([
                "ContainerSpec": .object(["Image": .text(image), "Command": .list([.text("/never-started")])]),
                "RestartPolicy": .object(["Condition": .text("none")]),
                "Placement": .object(placement),
            ]),
        ])
    }
}
