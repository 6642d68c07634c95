import FoundationEssentials

/// A deployment as a machine sees it that is none of its swarm.
extension SwarmSite {
    /// What docker's own client and this tool call to reach a machine elsewhere, which here is this one: what is asked at
    /// an address is asked of a server that only looks like the right one.
    func elsewhere() throws -> [String: String] {
        let place = "\(folder)/bin"
        try Files.makeFolder(place)
        try Files.write(
            "#!/bin/sh\nDOCKER_HOST=\(try TestEngine.address()) exec docker system dial-stdio\n",
            to: "\(place)/ssh", mode: 0o755)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return ["DOCKER_HOST": "ssh://deploy@manager.example", "PATH": "\(place):\(path)"]
    }
}
