package import UpgradeCore

extension LocalBackend {
    /// How much of a log is kept, from its end.
    private static let lines = 500
    private static let bytes = 1 << 20

    /// Copies the ends of the logs and what is known of each instance; returns the paths of the files.
    package func saveEvidence(of run: String) async throws(Fault) -> [String] {
        let known = try look(at: store.known())
        let answers = await answers(of: known.filter { $0.exit == nil && $0.pid != nil })
        let folder = "\(store.path)/evidence/\(run)"
        try fence.check()
        try LocalFile.makeFolder(folder)
        var files: [String] = []
        var accounts: [String] = []
        for instance in known {
            let told = instance.told(answer: answers[instance.id] ?? .none)
            accounts.append("\(instance.id) of \(instance.image): \(told.told); log \(instance.log)")
            if case .serving = told.answer { continue }
            let path = "\(folder)/\(instance.id).log"
            try fence.check()
            try LocalFile.replace(path, with: Array(end(of: instance.log).utf8))
            files.append(path)
        }
        let path = "\(folder)/machine.txt"
        try fence.check()
        try LocalFile.replace(path, with: Array((accounts + machine).map { $0 + "\n" }.joined().utf8))
        return files + [path]
    }

    /// The last lines of a log, without the secrets of the group's environment.
    private func end(of log: String) -> String {
        let part = LocalFile.part(of: log, from: -Self.bytes, limit: Self.bytes)
        let lines = (part?.bytes ?? []).split(separator: 10, omittingEmptySubsequences: false).suffix(Self.lines + 1)
        return redaction(lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
    }

    private var machine: [String] {
        let disk = LocalFile.space(at: store.folder).map { "disk: \($0.free >> 20) MB of \($0.total >> 20) MB free" }
        let memory = LocalFile.volatile("/proc/meminfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
        return [disk ?? "disk: unknown"]
            + memory.split(separator: "\n").filter { $0.hasPrefix("Mem") || $0.hasPrefix("Swap") }.map(String.init)
    }
}
