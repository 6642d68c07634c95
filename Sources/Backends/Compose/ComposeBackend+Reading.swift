import FoundationEssentials
package import UpgradeCore

extension ComposeBackend {
    package func read(image: String) async throws(Fault) -> ImageFacts { try await read(images: [image])[0] }

    package func read(images: [String]) async throws(Fault) -> [ImageFacts] {
        let read = try await Together.all(images) { (image) async throws(Fault) in try await self.facts(of: image) }
        var names: [String: String] = [:]
        for one in read where one.isWrittenAsAsked { names[one.facts.pinned ?? one.facts.image] = one.facts.image }
        try note(names)
        return read.map(\.facts)
    }

    /// Names the image by the engine's own id of it, whatever its tag comes to mean: an instance of it shows the same.
    private func facts(of image: String) async throws(Fault) -> (facts: ImageFacts, isWrittenAsAsked: Bool) {
        let environment = ProcessInfo.processInfo.environment
        let probe = ImageProbe(engine, environment: environment, home: environment["HOME"] ?? "/")
        var exact = ImageName(image)
        let asked = exact.tag == nil ? exact.digest : nil
        let read = try await probe.read(try await isHere(exact) ? exact.digest ?? image : image, hear: hear)
        exact.digest = read.digest
        let facts = ImageFacts(
            image: image, version: read.version, chain: read.chain, digest: read.digest,
            pinned: exact.description == image ? nil : exact.description)
        guard let asked else { return (facts, false) }
        // A registry's digest, which a file may say, and no id of the engine's own.
        let digests = try await engine.image(read.digest).digests
        return (facts, digests.contains { $0.hasSuffix("@\(asked)") })
    }

    /// Whether the name holds the id of an image that the engine has, as an instance's image does.
    private func isHere(_ name: ImageName) async throws(Fault) -> Bool {
        guard let digest = name.digest else { return false }
        return try await engine.imageIfHere(digest)?.id == digest
    }

    /// Keeps what images were asked for as; for the next process too, where this one owns the project.
    private func note(_ names: [String: String]) throws(Fault) {
        asked.merge(names) { $1 }
        guard !names.isEmpty else { return }
        do throws(Fault) { try permit.fence.check() } catch { return }
        let lock = try store.lock()
        try amend { $0.names.merge(names) { $1 } }
        _ = consume lock
    }
}
