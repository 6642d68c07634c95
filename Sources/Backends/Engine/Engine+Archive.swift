package import UpgradeCore
import Wire

extension Engine {
    /// The entries of a file or folder of a container, which need not run; nil where there is no such path. Their names
    /// begin with the last part of the path. The bytes of the files that are wanted are kept, up to a limit for all;
    /// reading ends early where `isEnough` says so.
    package func archive(
        container id: String, path: String, limit: Int = 16 << 20,
        keeping isWanted: @escaping @Sendable (TarEntry) -> Bool = { _ in true },
        until isEnough: @Sendable ([TarEntry]) -> Bool = { _ in false }
    ) async throws(Fault) -> [TarEntry]? {
        let call = EngineCall(
            "GET", EngineCall.container(id, "archive"), ["path": path],
            limits: HTTPLimits(total: nil, idle: .seconds(60)),
            to: "give \(path) of the container \(id)")
        let body: HTTPBody
        do throws(Fault) { body = try await stream(call).body } catch {
            if error.kind == .missing { return nil }
            throw error
        }
        var reader = TarReader(limit: limit, keeping: isWanted)
        var entries: [TarEntry] = []
        while let bytes = try await body.next() {
            entries += try reader.read(bytes)
            if isEnough(entries) {
                body.cancel()
                return entries
            }
        }
        guard reader.hasEnded || reader.isAtEntry else { throw .damagedArchive("it ends in the middle of a file") }
        return entries
    }
}
