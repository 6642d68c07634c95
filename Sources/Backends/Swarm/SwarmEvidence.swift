package import UpgradeCore

extension SwarmBackend {
    /// How many lines of a log are kept, from its end.
    private static let evidenceLines = 500

    /// Copies the ends of the logs of this node's containers and what the swarm says of each task; returns the paths,
    /// with this machine's name.
    package func saveEvidence(of run: String) async throws(Fault) -> [String] {
        let look = try await look()
        let (answers, redaction) = (await answers(look), redaction(look))
        let folder = "\(folder.path)/evidence/\(run)"
        try permit.fence.check()
        try LocalFile.makeFolder(folder)
        var files: [String] = []
        for task in look.tasks where look.containers[task.containerID]?.state.startedAt != nil {
            if case .serving = answers[task.id] { continue }
            let lines = try await engine.logs(container: task.containerID, last: Self.evidenceLines)
            let path = "\(folder)/\(look.name(of: task)).log"
            try permit.fence.check()
            try LocalFile.replace(path, with: Array(redaction(lines.joined(separator: "\n") + "\n").utf8))
            files.append(path)
        }
        let path = "\(folder)/tasks.txt"
        try permit.fence.check()
        try LocalFile.replace(path, with: Array(redaction(look.account).utf8))
        return (files + [path]).map { "\(Machine.name):\($0)" }
    }
}

extension SwarmLook {
    /// Every task in one line, as `docker service ps` would tell it.
    var account: String {
        tasks.sorted { ($0.serviceID, $0.created) < ($1.serviceID, $1.created) }.map { task in
            let node = nodes[task.nodeID].map { "\($0.hostname), which is \($0.state)" } ?? "no node"
            let exit = task.exitCode.map { ", exit code \($0)" } ?? ""
            let error = task.error.isEmpty ? "" : ": \(task.error)"
            return
                "\(name(of: task)) of \(task.image) on \(node): \(task.state), wanted \(task.desired)\(exit)\(error)\n"
        }.joined()
    }
}
