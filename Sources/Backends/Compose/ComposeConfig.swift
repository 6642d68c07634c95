/// A project as `docker compose config` shows it: every file merged, every variable filled in.
package struct ComposeConfig: Equatable, Sendable {
    package let name: String
    package let services: [String: ComposeService]
    /// The whole of it, for what is compared.
    let tree: ComposeValue

    init(_ tree: ComposeValue) {
        self.tree = tree
        name = tree["name"]?.text ?? ""
        services = Dictionary(
            uniqueKeysWithValues: (tree["services"]?.entries ?? [:]).map { ($0, ComposeService($0, $1)) })
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
