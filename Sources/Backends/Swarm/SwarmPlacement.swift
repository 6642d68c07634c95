import Glibc

/// Where a swarm may put the tasks of a service.
extension EngineService {
    /// Whether a node fulfils what the service asks of nodes, as the swarm's scheduler judges that. A constraint of a kind
    /// that is not known here is taken for fulfilled.
    /// https://docs.docker.com/reference/cli/docker/service/create/#constraint
    func mayRun(on node: EngineNode) -> Bool {
        guard node.availability != "drain" else { return false }
        let platforms = template["Placement"]["Platforms"].list
        return template["Placement"]["Constraints"].texts.allSatisfy(node.fulfils)
            && (platforms.isEmpty || platforms.contains(where: node.isOf))
    }
}

extension EngineNode {
    /// Whether it is of a platform that the image is there for; what a platform leaves open fits.
    fileprivate func isOf(_ platform: EngineValue) -> Bool {
        let (wanted, system) = (platform["Architecture"].text ?? "", platform["OS"].text ?? "")
        return (wanted.isEmpty || wanted.asArchitecture == architecture.asArchitecture)
            && (system.isEmpty || system.lowercased() == os.lowercased())
    }

    fileprivate func fulfils(_ constraint: String) -> Bool {
        let isEqual = !constraint.contains("!=")
        let parts = constraint.split(separator: isEqual ? "==" : "!=").map { String($0).trimmed }
        guard parts.count == 2 else { return true }
        let (key, wanted) = (parts[0].lowercased(), parts[1])
        if key == "node.ip" { return Subnet(wanted)?.contains(address) == isEqual }
        if key == "node.platform.arch" { return (architecture.asArchitecture == wanted.asArchitecture) == isEqual }
        guard let found = value(of: parts[0]) else { return true }
        return (found.lowercased() == wanted.lowercased()) == isEqual
    }

    /// What it is by this key; nil for a key that is not known. A label that it does not bear is empty.
    private func value(of key: String) -> String? {
        switch key.lowercased() {
        case "node.id": return id
        case "node.hostname": return hostname
        case "node.role": return role
        case "node.platform.os": return os
        default:
            for (prefix, labels) in [("node.labels.", labels), ("engine.labels.", engineLabels)]
            where key.lowercased().hasPrefix(prefix) { return labels[String(key.dropFirst(prefix.count))] ?? "" }
            return nil
        }
    }
}

/// An address, or all that begin alike, of IPv4 or IPv6.
private struct Subnet {
    private let bytes: [UInt8]
    private let bits: Int

    /// nil for what is neither.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let bytes = parts.first.flatMap({ Self.bytes(String($0)) }) else { return nil }
        let written = parts.count > 1 ? Int(parts[1]) : bytes.count * 8
        guard let bits = written, 0...(bytes.count * 8) ~= bits else { return nil }
        (self.bytes, self.bits) = (bytes, bits)
    }

    func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(address), other.count == bytes.count else { return false }
        return zip(bytes, other).enumerated().allSatisfy { index, pair in
            let left = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> left)
            return pair.0 & mask == pair.1 & mask
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}

extension String {
    /// An architecture by the name that images have for it: nodes go by that of their Linux.
    fileprivate var asArchitecture: String {
        let name = lowercased()
        return ["x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"][name] ?? name
    }
}
