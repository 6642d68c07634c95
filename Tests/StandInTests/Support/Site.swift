import Glibc

@testable import open_webui_stand_in

/// A folder with installations and the two databases behind them: where one test plays.
final class Site {
    let folder: String
    let database: TestDatabase

    init() throws {
        database = try TestDatabase()
        folder = "/tmp/\(database.name)"
        mkdir(folder, 0o700)
    }

    deinit { Self.erase(folder) }

    private static func erase(_ path: String) {
        if System.link(path) == nil { for name in System.names(in: path) { erase("\(path)/\(name)") } }
        remove(path)
    }

    /// Starts `open-webui serve` of a release, installing it on the first use.
    func start(
        _ version: String, port: UInt16 = 0, _ environment: [String: String] = [:], arguments: [String] = []
    ) throws -> Instance {
        let root = "\(folder)/\(version)"
        if !System.exists(root) {
            let made = try Instance(Instance.binary, ["install", "--version", version, "--into", root], [:])
            guard try made.end() == 0 else { throw Instance.Unexpected(description: made.log) }
        }
        let settings = [
            "DATABASE_URL": database.url, "STAND_IN_WITNESS": database.witnessURL, "WEBUI_SECRET_KEY": "key",
        ]
        let instance = try Instance(
            "\(root)/bin/open-webui", ["serve", "--host", "127.0.0.1", "--port", "\(port)"] + arguments,
            settings.merging(environment) { $1 })
        instance.site = self
        return instance
    }

    /// Starts a release, waits until it answers, stops it: what is left is a database at its head.
    func migrate(_ version: String) throws {
        let instance = try start(version)
        _ = try instance.port()
        _ = try instance.stop()
    }

    func head(_ version: String) throws -> String {
        Chain(of: try required(Version(version))).head
    }

    private func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Instance.Unexpected(description: "not a version") }
        return value
    }
}
