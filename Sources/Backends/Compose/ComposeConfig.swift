/// A project as `docker compose config` shows it: every file merged, every variable filled in.
package struct ComposeConfig: Equatable, Sendable {
    package let name: String
    package let services: [String: ComposeService]
    /// The whole of it, for what is compared.
    let tree: ComposeValue

    init(_ tree: ComposeValue) {
        let tree = Self.pruned(tree)
        self.tree = tree
        name = tree["name"]?.text ?? ""
        services = Dictionary(
            uniqueKeysWithValues: (tree["services"]?.entries ?? [:]).map { ($0, ComposeService($0, $1)) })
    }

    /// Without what a service would wait for and need not (`required: false`), and that is not there: Compose shows such a
    /// line of a service in a profile that is not active, and takes it for an error when it is given it back.
    private static func pruned(_ tree: ComposeValue) -> ComposeValue {
        var services = tree["services"]?.entries ?? [:]
        let there = Set(services.keys)
        for (name, service) in services {
            let needed = service["depends_on"]?.entries ?? [:]
            let kept = needed.filter { there.contains($0.key) || $0.value["required"]?.isTrue ?? true }
            guard kept.count != needed.count else { continue }
            var entries = service.entries
            entries["depends_on"] = kept.isEmpty ? nil : .mapping(kept)
            services[name] = .mapping(entries)
        }
        var root = tree.entries
        root["services"] = .mapping(services)
        return services.isEmpty ? tree : .mapping(root)
    }

    /// The services that must be there for one to start, and those that they need in turn.
    package func dependencies(of service: String) -> Set<String> {
        var found: Set<String> = []
        var left = [service]
        while let next = left.popLast() {
            for name in services[next]?.dependsOn.keys.sorted() ?? [] where found.insert(name).inserted {
                left.append(name)
            }
        }
        return found.subtracting([service])
    }

    /// The same project with other images.
    func with(images: [String: String]) -> ComposeConfig {
        var services = tree["services"]?.entries ?? [:]
        for (service, image) in images {
            guard var entries = services[service]?.entries else { continue }
            entries["image"] = .text(image)
            services[service] = .mapping(entries)
        }
        var root = tree.entries
        root["services"] = .mapping(services)
        return ComposeConfig(.mapping(root))
    }

    /// Paths such as `services.web.image` at which another configuration differs; extensions (`x-…`) start nothing.
    func differences(from other: ComposeConfig) -> [String] {
        Self.differences(tree, other.tree, path: "").filter { !$0.hasPrefix("x-") }.sorted()
    }

    private static func differences(_ left: ComposeValue?, _ right: ComposeValue?, path: String) -> [String] {
        if left == right { return [] }
        guard case .mapping(let before)? = left, case .mapping(let after)? = right else { return [path] }
        return Set(before.keys).union(after.keys).flatMap { key in
            differences(before[key], after[key], path: path.isEmpty ? key : "\(path).\(key)")
        }
    }
}
