import Glibc

/// A folder that looks to a reader like the Python environment of one release of Open WebUI.
struct Installation: Sendable {
    let root: String
    let version: Version
    let chain: Chain

    private static func packages(_ root: String) -> String { "\(root)/lib/python3.11/site-packages" }

    /// The installation that a program was started from: two folders above it, or the one the environment names.
    static func find(startedAs program: String) throws(Failure) -> Installation {
        for root in [root(of: program), System.setting("OPEN_WEBUI_STAND_IN_ROOT")] {
            if let root, let found = Installation(root: root) { return found }
        }
        throw .noInstallation(program)
    }

    /// Reads version and chain from the files; nil when there is no package in the folder.
    init?(root: String) {
        let packages = Self.packages(root)
        let metadata = System.names(in: packages).first { $0.hasPrefix("open_webui-") && $0.hasSuffix(".dist-info") }
        guard let metadata, let text = System.read("\(packages)/\(metadata)/METADATA"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Version: ") }),
            let version = Version(line.dropFirst(9))
        else { return nil }
        self.root = root
        self.version = version
        let files = Set(System.names(in: "\(packages)/open_webui/migrations/versions").map { $0.prefix(12) })
        chain = Chain(Chain.everything.filter { files.contains($0.id.prefix(12)) })
    }

    /// Makes an installation of a release in a folder, over whatever is there.
    static func make(_ version: Version, in folder: String) throws(Failure) {
        let packages = packages(folder)
        let chain = Chain(of: version)
        try text(PythonText.metadata(version), at: "\(packages)/open_webui-\(version).dist-info/METADATA")
        try text("pip\n", at: "\(packages)/open_webui-\(version).dist-info/INSTALLER")
        try text(PythonText.package, at: "\(packages)/open_webui/__init__.py")
        try text(PythonText.environment, at: "\(packages)/open_webui/migrations/env.py")
        for revision in chain.revisions {
            try text(
                PythonText.migration(revision, after: chain.parent(of: revision.id)),
                at: "\(packages)/open_webui/migrations/versions/\(revision.id)_\(revision.slug).py")
        }
        try folders(above: "\(folder)/bin/open-webui")
        guard let binary = System.link("/proc/self/exe") else { throw .system("find this program's own file") }
        unlink("\(folder)/bin/open-webui")
        guard symlink(binary, "\(folder)/bin/open-webui") == 0 else { throw .system("make \(folder)/bin/open-webui") }
    }

    private static func text(_ text: String, at path: String) throws(Failure) {
        try folders(above: path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system("write \(path)") }
        System.write(text, to: descriptor)
        close(descriptor)
    }

    private static func folders(above path: String) throws(Failure) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        for end in parts.indices.dropFirst() {
            let folder = parts[...end].joined(separator: "/")
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .system("make the folder \(folder)") }
        }
        if let first = parts.first, !first.isEmpty, first != "." { mkdir(String(first), 0o755) }
    }

    private static func root(of program: String) -> String? {
        var path = program
        if !program.contains("/") {
            let folders = (System.setting("PATH") ?? "").split(separator: ":")
            path = folders.map { "\($0)/\(program)" }.first(where: System.exists) ?? program
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return parts.count == 2 && parts[0] == "bin" ? "." : nil }
        return parts.dropLast(2).joined(separator: "/")
    }
}
