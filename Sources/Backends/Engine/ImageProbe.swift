import FoundationEssentials
import ReleaseKnowledge
import UpgradeCore

/// TEMPORARY
struct ImageProbe {
    let engine: Engine
    let permit: Permit

    func facts(of name: String) async throws(Fault) -> ImageFacts {
        let asked = ImageName(name)
        let image = try await engine.image(asked.digest ?? name)
        let id = try await engine.create(name: "owui-upgrade-probe-\(UInt32.random(in: 0...(.max)))", image: image.id)
        let versions = try await engine.archive(container: id, path: "/app/backend/open_webui/migrations/versions") ?? []
        let package = try await engine.archive(container: id, path: "/app/package.json") ?? []
        try await engine.remove(container: id)
        let files = versions.filter { $0.name.hasSuffix(".py") }.map { MigrationFile(name: String($0.name.split(separator: "/").last ?? ""), text: String(decoding: $0.bytes, as: UTF8.self)) }
        let text = String(decoding: package.first?.bytes ?? [], as: UTF8.self)
        let version = text.firstRange(of: "\"version\"").map { text[$0.upperBound...].split(separator: "\"")[1] }.map(String.init) ?? ""
        let chain = try ChainReader.read(files)
        var exact = asked
        exact.digest = image.id
        return ImageFacts(image: name, version: version, chain: chain.revisions.map(\.id), digest: image.id, pinned: name == exact.description ? nil : exact.description)
    }
}
