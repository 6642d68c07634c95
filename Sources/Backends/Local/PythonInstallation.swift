import ReleaseKnowledge
import UpgradeCore

/// An environment of Python that holds Open WebUI, as its files show it. Nothing of it is run.
struct PythonInstallation {
    /// The folder that holds `open_webui`.
    let packages: String

    /// The environment that a program belongs to: the one around it, around what it links to, around its interpreter,
    /// or around the program that a small script of shell starts.
    init(of program: String, version: String) throws(Fault) {
        var found: [String] = []
        for root in try Self.roots(of: program) {
            for packages in Self.packages(in: root) {
                let resolved = LocalFile.resolved(packages) ?? packages
                if !found.contains(resolved) { found.append(resolved) }
            }
            // The nearest environment is meant; those further away are asked only where it holds nothing.
            if !found.isEmpty { break }
        }
        guard let packages = found.first else { throw .noInstallation(program, version: version) }
        guard found.count == 1 else { throw .manyInstallations(program, found) }
        self.packages = packages
    }

    /// Version, chain and a hash of all that was read.
    func facts(image: String) throws(Fault) -> ImageFacts {
        let metadata = try metadata()
        let folder = "\(packages)/open_webui/migrations/versions"
        var files: [MigrationFile] = []
        for name in LocalFile.names(in: folder) ?? [] where name.hasSuffix(".py") {
            guard let text = try LocalFile.text("\(folder)/\(name)") else { continue }
            files.append(MigrationFile(name: name, text: text))
        }
        let version = try ReleaseMetadata.version(inMetadata: metadata)
        let chain = try ChainReader.read(files)
        var hash = FileHash()
        hash.add(name: "METADATA", text: metadata)
        for file in files { hash.add(name: file.name, text: file.text) }
        return ImageFacts(
            image: image, version: version, chain: chain.revisions.map(\.id), digest: "fnv1a-128:\(hash.text)")
    }

    private func metadata() throws(Fault) -> String {
        let folders = (LocalFile.names(in: packages) ?? [])
            .filter { $0.hasPrefix("open_webui-") && $0.hasSuffix(".dist-info") }
        guard folders.count == 1, let text = try LocalFile.text("\(packages)/\(folders[0])/METADATA") else {
            throw .noMetadata(packages, found: folders.count == 1 ? 0 : folders.count)
        }
        return text
    }

    private static func packages(in root: String) -> [String] {
        let base = root == "/" ? "" : root
        return ["lib", "lib64", "local/lib"].flatMap { library in
            (LocalFile.names(in: "\(base)/\(library)") ?? []).filter { $0.hasPrefix("python3") }
                .flatMap { python in
                    ["site-packages", "dist-packages"].map { "\(base)/\(library)/\(python)/\($0)" }
                }
        }
        .filter { LocalFile.isFolder("\($0)/open_webui") }
    }

    /// Folders that may be the environment, the nearest first.
    private static func roots(of program: String) throws(Fault) -> [String] {
        var roots = [root(of: program)]
        let real = LocalFile.resolved(program) ?? program
        roots.append(root(of: real))
        let head = LocalFile.part(of: real, from: 0, limit: 4096)?.bytes ?? []
        guard head.starts(with: "#!".utf8) else { return roots.compactMap(\.self) }
        let script = String(decoding: head, as: UTF8.self)
        let lines = script.split(whereSeparator: \.isNewline)
        let interpreter = lines.first.flatMap { $0.dropFirst(2).split(separator: " ").first }.map(String.init) ?? ""
        guard LocalFile.exists(interpreter) else { throw .missingInterpreter(program, interpreter) }
        roots.append(root(of: interpreter))
        let words = lines.dropFirst().flatMap { $0.split { " \t\"'".contains($0) } }.map(String.init)
        for word in words where word.hasPrefix("/") && LocalFile.isExecutable(word) { roots.append(root(of: word)) }
        return roots.compactMap(\.self)
    }

    /// Two levels above `…/bin/open-webui`.
    private static func root(of program: String) -> String? {
        let folder = LocalFile.folder(of: program)
        return folder.hasSuffix("/bin") ? LocalFile.folder(of: folder) : nil
    }
}
