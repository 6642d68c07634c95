import Backends

/// What has to be true of a service when a run is over.
extension SwarmSite {
    private static let heads = ["0.6.43": "c440947495f3", "0.12.4": "0bd252b206fb"]

    /// Nil where every task serves this version, the schema is that version's, the witness has nothing to say, and nothing
    /// of the service's spec is other than before but the image.
    func objection(to version: String, after before: EngineValue) async throws -> String? {
        if let complaint = try await complaint() { return complaint }
        let serving = try await serving()
        if serving != Array(repeating: version, count: shape.replicas) { return "these serve: \(serving)" }
        let revision = try await revision()
        if revision != Self.heads[version] { return "the revision is \(revision ?? "not there")" }
        let after = try await spec()
        let image = after["TaskTemplate"]["ContainerSpec"]["Image"].text
        if image != "\(Self.repository):v\(version)" { return "the service's image is \(image ?? "not there")" }
        return after.asBefore(before) == before ? nil : "of \(before)\nit has become \(after)"
    }
}

extension EngineValue {
    /// The same with the image and the counter of another spec.
    func asBefore(_ before: EngineValue) -> EngineValue {
        var spec = self
        let (now, then) = (self["TaskTemplate"], before["TaskTemplate"])
        if now["ContainerSpec"]["Image"] != then["ContainerSpec"]["Image"] {
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = then["ContainerSpec"]["Image"]
        }
        spec["TaskTemplate"]["ForceUpdate"] = then["ForceUpdate"]
        return spec
    }
}
