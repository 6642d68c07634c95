import UpgradeCore

extension ComposeBackend {
    /// Sees to it that the project's own files ask for this image, and that its name leads to exactly the image that was
    /// read, before anything of it is made: whoever types `docker compose up` from now on gets this version.
    func writeVersion(_ image: String, of service: String) async throws(Fault) {
        var plain = ImageName(image)
        let id = plain.digest
        plain.digest = nil
        let name = try store.state().names[image] ?? plain.description
        if try await project.read(permit: permit).services[service]?.image != name {
            try permit.fence.check()
            throw .projectChanged("nothing writes versions yet")
        }
        guard let id else { return }
        do throws(Fault) { if try await engine.image(name).id == id { return } } catch {
            if error.kind != .missing { throw error }
        }
        try permit.fence.check()
        try await engine.tag(image: id, as: name)
    }
}
