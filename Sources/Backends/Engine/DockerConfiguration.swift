import UpgradeCore

/// The `config.json` of docker's client.
struct DockerConfiguration {
    let path: String
    let currentContext: String?

    private struct File: Decodable {
        let currentContext: String?
    }

    /// As it is in a folder; empty where there is none.
    init(folder: String) throws(Fault) {
        path = "\(folder)/config.json"
        guard let bytes = try LocalFile.bytes(path), !bytes.isEmpty else {
            currentContext = nil
            return
        }
        guard let file = EngineJSON.readable(File.self, bytes) else { throw .badDockerConfiguration(path) }
        currentContext = file.currentContext
    }
}
