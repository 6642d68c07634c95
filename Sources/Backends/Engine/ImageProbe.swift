package import UpgradeCore
import Wire

/// Reads what is inside an image without running anything of it, and brings it to the engine first where it is missing.
///
/// The image is read out of a container that is made, never started, and removed. What pins it is, where it came from a
/// registry, `name:tag@sha256:…`, and else the engine's own `sha256:…` of the image: both are names that Compose 2 and the
/// engine take for an image that is there, and fetch nothing for.
package struct ImageProbe: Sendable {
    private let engine: Engine
    private let environment: [String: String]
    private let home: String
    /// Free bytes where a path of this machine lies; nil where that cannot be told.
    var freeBytes: @Sendable (String) -> Int? = { LocalFile.space(at: $0).map { Int(clamping: $0.free) } }

    /// Credentials for registries are taken from where docker's own client keeps them.
    package init(_ engine: Engine, environment: [String: String], home: String) {
        self.engine = engine
        self.environment = environment
        self.home = home
    }

    /// Version, chain and pin of an image.
    package func read(
        _ image: String, hear: @Sendable (PullProgress) -> Void = { _ in }
    ) async throws(Fault) -> ImageFacts {
        let held = try await held(image, hear)
        let summary = try await engine.info()
        guard held.os == summary.os, held.architecture == summary.architecture else {
            throw .foreignImage(
                image, "\(held.os)/\(held.architecture)", engine: "\(summary.os)/\(summary.architecture)")
        }
        try await clearLeftovers(now: summary.time)
        return try await inContainer(of: held) { (container) async throws(Fault) in
            let files = try await ImageFiles.read(engine, container, held, named: image)
            return ImageFacts(
                image: image, version: files.version, chain: files.chain, digest: held.id,
                pinned: Self.pin(of: image, held))
        }
    }

    /// The image, fetched where the engine does not have it.
    func held(_ image: String, _ hear: (PullProgress) -> Void) async throws(Fault) -> EngineImage {
        if let here = try await engine.imageIfHere(image) { return here }
        guard !image.hasPrefix("sha256:") else { throw .noSuchImage(image) }
        guard let name = ImageReference(image) else { throw .badImageName(image) }
        let (login, complaint) = try await login(for: name.registry)
        do throws(Fault) {
            let folder = try await engine.isNear() ? try await engine.info().rootFolder : nil
            try await engine.pull(name, as: login) { (progress) throws(Fault) in
                try checkSpace(for: progress, in: folder)
                hear(progress)
            }
        } catch {
            throw error.kind == .exhausted || error.kind == .interrupted
                ? error : .notFetched(image, registry: name.registry, error, complaint: complaint)
        }
        return try await engine.image(image)
    }

    /// What a registry is told of who asks, and why nothing is known of that.
    func login(for registry: String) async throws(Fault) -> (header: Secret?, complaint: String) {
        let folder = DockerConfiguration.folder(environment, home: home)
        let configuration = try DockerConfiguration(folder: folder)
        guard let program = configuration.helper(for: registry) else {
            return (try configuration.login(for: registry)?.header(for: registry), "")
        }
        switch try await CredentialHelper(program: program, environment: environment).login(for: registry) {
        case .login(let login): return (try login.header(for: registry), "")
        case .nothing(let complaint): return (nil, complaint)
        }
    }

    /// What is still to come is on the disk packed and unpacked at the end: less than twice its size cannot do.
    private func checkSpace(for progress: PullProgress, in folder: String?) throws(Fault) {
        let needed = (progress.total - progress.received) * 2
        guard let folder, needed > 0, let free = freeBytes(folder), free < needed else { return }
        throw .noRoomForImage(progress.image, folder, free: free, needed: needed)
    }

    // The container

    private static let label = "owui-upgrade.probe"

    private func inContainer<Value: Sendable>(
        of image: EngineImage, _ work: (String) async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        let name = "owui-upgrade-probe-\(UInt64.random(in: 0...UInt64.max))"
        // Whatever the image would start, this is not it; and it is not started.
        let container = try await engine.create(
            name: name, image: image.id, labels: [Self.label: "1"], command: ["/never-started"])
        let result: Result<Value, Fault>
        do throws(Fault) { result = .success(try await work(container)) } catch { result = .failure(error) }
        // A cancelled task could not ask for it. What does not go then goes with a later probe.
        let limits = Task.isCancelled ? HTTPLimits.short : HTTPLimits()
        let removal = await Task { () async -> Result<Void, Fault> in
            do throws(Fault) {
                return .success(
                    try await engine.remove(container: container, withAnonymousVolumes: true, limits: limits))
            } catch { return .failure(error) }
        }.value
        let value = try result.get()
        try removal.get()
        return value
    }

    /// What a probe that was killed has left behind. A probe that is still at work is younger.
    private func clearLeftovers(now: Int64) async throws(Fault) {
        for container in try await engine.containers(labels: [Self.label]) {
            let age = EngineTime.nanoseconds(container.created).map { now - $0 } ?? 0
            guard age > 600 * 1_000_000_000, container.state.status == .created else { continue }
            try await engine.remove(container: container.id, withAnonymousVolumes: true)
        }
    }

    // The pin

    /// nil for a name that is exact already.
    static func pin(of image: String, _ held: EngineImage) -> String? {
        guard !image.hasPrefix("sha256:"), let name = ImageReference(image), name.name.digest == nil else { return nil }
        let digest = held.digests.sorted().compactMap(ImageReference.init).first {
            $0.fullRepository == name.fullRepository && $0.name.digest != nil
        }?.name.digest
        return digest.map { name.pinned(to: $0) } ?? held.id
    }
}
