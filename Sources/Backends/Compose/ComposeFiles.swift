import UpgradeCore

/// The files that make a project, where Compose looks for them. What they mean is left to Compose.
struct ComposeFiles: Equatable, Sendable {
    /// The project's directory, against which its paths count.
    let directory: String
    /// Absolute; the later ones override the earlier.
    let files: [String]
    /// What `--env-file` or `COMPOSE_ENV_FILES` name; absolute.
    let envFiles: [String]
    /// The files from which variables are filled in; the last that sets one counts.
    let variableFiles: [String]
    /// Whether nobody named the files, so that Compose must agree that they are these.
    let isGuess: Bool

    static let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    static let overrideNames = [
        "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
    ]

    /// Looks for the files that Compose would take in this folder with this environment.
    init(_ wishes: ComposeWishes, environment: [String: String]) throws(Fault) {
        let folder = wishes.folder
        let named =
            wishes.envFiles.isEmpty ? Self.list(environment["COMPOSE_ENV_FILES"], separator: ",") : wishes.envFiles
        envFiles = named.map { Self.absolute($0, in: folder) }
        let asked = wishes.projectDirectory.map { Self.absolute($0, in: folder) }
        var settings = Self.settings(envFiles.isEmpty ? ["\(asked ?? folder)/.env"] : envFiles)
        settings.merge(environment) { $1 }
        isGuess = wishes.files.isEmpty
        let paths = wishes.files.isEmpty ? Self.listed(settings) : wishes.files
        files =
            paths.isEmpty
            ? try Self.searched(from: asked ?? folder)
            : try paths.map { path throws(Fault) in try Self.file(path, in: folder) }
        directory = asked ?? LocalFile.folder(of: files[0])
        let disabled = ["1", "t", "true"].contains(environment["COMPOSE_DISABLE_ENV_FILE"]?.lowercased())
        variableFiles = envFiles.isEmpty ? disabled ? [] : ["\(directory)/.env"].filter(LocalFile.exists) : envFiles
    }

    private static func listed(_ settings: [String: String]) -> [String] {
        let separator = settings["COMPOSE_PATH_SEPARATOR"].flatMap { $0.isEmpty ? nil : $0 } ?? ":"
        return list(settings["COMPOSE_FILE"], separator: separator)
    }

    private static func list(_ text: String?, separator: String) -> [String] {
        var items: [String] = []
        var rest = (text ?? "")[...]
        while let next = rest.firstRange(of: separator) {
            items.append(String(rest[..<next.lowerBound]))
            rest = rest[next.upperBound...]
        }
        return (items + [String(rest)]).filter { !$0.isEmpty }
    }

    private static func settings(_ files: [String]) -> [String: String] {
        var settings: [String: String] = [:]
        for file in files {
            for entry in DotEnvFile(LocalFile.volatile(file) ?? []).entries { settings[entry.key] = entry.value }
        }
        return settings
    }

    private static func file(_ path: String, in folder: String) throws(Fault) -> String {
        guard path != "-", !path.contains("://"), !path.hasPrefix("git@") else { throw .composeFileElsewhere(path) }
        let file = absolute(path, in: folder)
        guard LocalFile.exists(file), !LocalFile.isFolder(file) else { throw .noComposeFile(named: file) }
        return file
    }

    private static func searched(from start: String) throws(Fault) -> [String] {
        var folder = absolute(start, in: "/")
        while true {
            let here = { (name: String) in (folder == "/" ? "" : folder) + "/" + name }
            if let file = names.map(here).first(where: LocalFile.exists) {
                return [file] + overrideNames.map(here).filter(LocalFile.exists).prefix(1)
            }
            guard folder != "/" else { throw .noComposeFile(in: start) }
            folder = LocalFile.folder(of: folder)
        }
    }

    /// The path without `.`, `..` and doubled slashes, as Go's `filepath.Abs` makes it; links stay.
    static func absolute(_ path: String, in folder: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
