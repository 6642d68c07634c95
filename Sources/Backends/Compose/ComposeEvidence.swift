package import UpgradeCore

extension ComposeBackend {
    /// How many lines of a log are kept, from its end.
    private static let evidenceLines = 500

    /// Copies the ends of the logs and what is known of each container; returns the paths of the files.
    package func saveEvidence(of run: String) async throws(Fault) -> [String] {
        let look = try await look()
        let answers = await answers(of: look.containers)
        let folder = "\(store.path)/evidence/\(run)"
        try permit.fence.check()
        try LocalFile.makeFolder(folder)
        var files: [String] = []
        var accounts: [String] = []
        for container in look.containers {
            let answer = answers[container.id] ?? .none
            guard let instance = look.instance(container, answer: answer, lastEnd: listener?.ends[container.id]) else {
                continue
            }
            let health = container.health.map { "; its health check says \($0.status)" } ?? ""
            let restarts = instance.restarts > 0 ? "; \(instance.end)" : ""
            accounts.append("\(instance.id) of \(instance.image): \(instance.told)\(restarts)\(health)")
            if case .serving = instance.answer { continue }
            let path = "\(folder)/\(container.name).log"
            let lines = try await engine.logs(container: container.id, last: Self.evidenceLines)
            try permit.fence.check()
            try LocalFile.replace(path, with: Array(redaction(lines.joined(separator: "\n") + "\n").utf8))
            files.append(path)
        }
        let path = "\(folder)/containers.txt"
        try permit.fence.check()
        try LocalFile.replace(path, with: Array(accounts.map { $0 + "\n" }.joined().utf8))
        return files + [path]
    }
}
