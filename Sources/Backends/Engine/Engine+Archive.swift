package import UpgradeCore
import Wire

extension Engine {
    /// The wanted entries of a file or folder of a container, which need not run; nil where there is no such path. Their
    /// names begin with the last part of the path. Their bytes are kept, up to a limit for all; reading ends before the
    /// first entry that says so.
    package func archive(
        container id: String, path: String, limit: Int = 16 << 20,
        keeping isWanted: @escaping (TarEntry) -> Bool = { _ in true }, until isEnd: (TarEntry) -> Bool = { _ in false }
    ) async throws(Fault) -> [TarEntry]? {
        let call = EngineCall(
            "GET", EngineCall.container(id, "archive"), ["path": path],
            limits: HTTPLimits(total: nil, idle: .seconds(60)), to: "give \(path) of the container \(id)")
        guard let body = try await ifHere({ () async throws(Fault) in try await stream(call).body }) else { return nil }
        var reader = TarReader(limit: limit, keeping: isWanted)
        var entries: [TarEntry] = []
        while let bytes = try await body.next() {
            for entry in try reader.read(bytes) {
                if isEnd(entry) {
                    body.cancel()
                    return entries
                }
                if isWanted(entry) { entries.append(entry) }
            }
        }
        guard reader.hasEnded || reader.isAtEntry else { throw .damagedArchive("it ends in the middle of a file") }
        return entries
    }

    /// Whether a container has something at a path.
    package func exists(_ path: String, in container: String) async throws(Fault) -> Bool {
        let call = EngineCall(
            "HEAD", EngineCall.container(container, "archive"), ["path": path],
            to: "look for \(path) in the container \(container)")
        do throws(Fault) { _ = try await send(call) } catch {
            if error.kind == .missing { return false }
            throw error
        }
        return true
    }
}
