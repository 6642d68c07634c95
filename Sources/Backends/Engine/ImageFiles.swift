import ReleaseKnowledge
import UpgradeCore

/// The files of Open WebUI in a container that was made and never started.
struct ImageFiles: Equatable, Sendable {
    let version: String
    let chain: [String]

    /// The image of the project has the program in `/app`; others install the package.
    static func read(
        _ engine: Engine, _ container: String, _ image: EngineImage, named name: String
    ) async throws(Fault) -> ImageFiles {
        let (program, package) = try await Together.both { () async throws(Fault) in
            try await migrations(engine, container, "/app/backend")
        } _: { () async throws(Fault) in
            try await engine.archive(container: container, path: "/app/package.json")
        }
        if let program {
            guard let package = package?.first else { throw .noVersionInImage(name, "/app/package.json") }
            return ImageFiles(
                version: try ReleaseMetadata.version(inPackageJSON: package.text), chain: try chain(program))
        }
        let folders = try await installations(engine, container, image)
        guard let folder = folders.first else { throw .notOpenWebUI(name) }
        guard folders.count == 1 else { throw .manyInImage(name, folders) }
        guard let migrations = try await migrations(engine, container, folder) else { throw .notOpenWebUI(name) }
        let metadata = try await metadata(engine, container, folder)
        guard metadata.count == 1 else { throw .noVersionInImage(name, "\(folder)/open_webui-*.dist-info/METADATA") }
        return ImageFiles(
            version: try ReleaseMetadata.version(inMetadata: metadata[0]), chain: try chain(migrations))
    }

    private static func chain(_ files: [MigrationFile]) throws(Fault) -> [String] {
        try ChainReader.read(files).revisions.map(\.id)
    }

    /// The files of the migrations, those of folders within left out; nil where there is no such folder.
    private static func migrations(
        _ engine: Engine, _ container: String, _ folder: String
    ) async throws(Fault) -> [MigrationFile]? {
        let entries = try await engine.archive(
            container: container, path: "\(folder)/open_webui/migrations/versions",
            keeping: { $0.kind == .file && $0.name.hasSuffix(".py") && $0.name.split(separator: "/").count == 2 })
        return entries?.sorted { $0.name < $1.name }.map { entry in
            MigrationFile(name: String(entry.name.split(separator: "/").last ?? ""), text: entry.text)
        }
    }

    /// The `METADATA` of the installed package. Its folder bears the version in its name, so that the packages are gone
    /// through; the engine sends them in the order of their names, and nothing that comes after is waited for.
    private static func metadata(
        _ engine: Engine, _ container: String, _ folder: String
    ) async throws(Fault) -> [String] {
        let prefix = "\(folder.split(separator: "/").last ?? "")/open_webui-"
        var isFound = false
        let entries = try await engine.archive(
            container: container, path: folder,
            keeping: { $0.name.hasPrefix(prefix) && $0.name.hasSuffix(".dist-info/METADATA") },
            until: { entry in
                defer { isFound = isFound || entry.name.hasPrefix(prefix) && entry.name.hasSuffix("/METADATA") }
                return isFound && !entry.name.hasPrefix(prefix)
            })
        return (entries ?? []).map(\.text)
    }

    /// The folders of Python's packages that hold Open WebUI, of all environments that the image's settings lead to.
    private static func installations(
        _ engine: Engine, _ container: String, _ image: EngineImage
    ) async throws(Fault) -> [String] {
        var found: [String] = []
        for folder in packages(image.environment)
        where try await engine.exists("\(folder)/open_webui/migrations", in: container) { found.append(folder) }
        return found
    }

    /// Where the packages of Python may be, by the settings of an image.
    static func packages(_ environment: [String: String]) -> [String] {
        let programs = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasSuffix("/bin") }
            .map { String($0.dropLast("/bin".count)) }
        var roots: [String] = []
        for root in [environment["VIRTUAL_ENV"] ?? ""] + programs + ["/usr/local", "/usr"]
        where root.hasPrefix("/") && !roots.contains(root) { roots.append(root) }
        return roots.flatMap { root in
            ["3.11", "3.12", "3.13", "3.10"].flatMap { version in
                ["site-packages", "dist-packages"].map { "\(root)/lib/python\(version)/\($0)" }
            }
        }
    }
}
