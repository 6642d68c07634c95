import Glibc
import Testing
import UpgradeCore

@testable import Backends

/// A part of the engine that OWUI_TEST_ENGINE names: containers and images of one test, which leaves none behind.
struct EngineSite {
    struct Missing: Error, CustomStringConvertible {
        let description = "OWUI_TEST_ENGINE is not set: name a Docker engine in it, as in DOCKER_HOST"
    }

    let engine: Engine
    /// What every name of this test begins with.
    let name: String
    /// A folder of this test.
    let folder: String

    /// Lends a site, and leaves neither container nor image nor folder behind.
    static func with(_ body: (EngineSite) async throws -> Void) async throws {
        let address = try address()
        let name = "owui-engine-\(UInt64.random(in: 0...UInt64.max))"
        let site = EngineSite(engine: Engine(address), name: name, folder: "/tmp/\(name)")
        tally()
        mkdir(site.folder, 0o700)
        let result: Result<Void, any Error>
        do { result = .success(try await body(site)) } catch { result = .failure(error) }
        try await site.clear()
        try result.get()
    }

    static func address() throws -> EngineAddress {
        guard let host = getenv("OWUI_TEST_ENGINE").map({ String(cString: $0) }) else { throw Missing() }
        return try EngineAddress(host: host)
    }

    /// What containers of this test bear.
    var labels: [String: String] { ["owui.test": name] }

    /// The path of the engine's socket.
    var socket: String {
        get throws {
            guard case .socket(let path) = engine.address.way else { throw Missing() }
            return path
        }
    }

    private func clear() async throws {
        while true {
            let left = try await engine.containers(labels: ["owui.test=\(name)"])
            if left.isEmpty { break }
            for container in left {
                do { try await engine.remove(container: container.id, force: true) } catch {
                    // It may be removing itself.
                    guard error.kind == .conflict else { throw error }
                }
            }
        }
        for image in try await engine.images() where image.contains(name) {
            try await docker("image", "rm", "-f", image)
        }
        // An engine of the test's own that was killed leaves its mount behind.
        try await shell("umount \(folder)/data 2>/dev/null; rm -rf \(folder)")
    }

    @discardableResult
    func docker(_ arguments: String...) async throws -> String {
        try await Tool.run(
            "/usr/bin/docker", arguments, environment: ["DOCKER_HOST": engine.address.text, "DOCKER_BUILDKIT": "0"],
            permit: .always)
    }

    /// A line of shell in the test's folder.
    @discardableResult
    func shell(_ line: String) async throws -> String {
        try await Tool.shell(
            "cd \(folder) && \(line)", named: line, environment: ["DOCKER_HOST": engine.address.text], permit: .always)
    }

    /// An image with a shell and nothing else.
    func shellImage() async throws -> String {
        let image = "\(name):shell"
        try await shell("mkdir -p root/bin && cp /bin/busybox root/bin/busybox && ln -sf busybox root/bin/sh")
        try await shell("tar -C root -c . | /usr/bin/docker import - \(image)")
        return image
    }

    /// A container that runs a line of shell; not started.
    func container(
        _ line: String, suffix: String = "1", image: String? = nil, stopSeconds: Int? = nil, hasTerminal: Bool = false
    ) async throws -> String {
        let image = if let image { image } else { try await shellImage() }
        return try await engine.create(
            name: "\(name)-\(suffix)", image: image, labels: labels, command: ["/bin/sh", "-c", line],
            stopSeconds: stopSeconds, hasTerminal: hasTerminal)
    }

    /// The first event of a container that satisfies a condition, from the beginning of the test's container on.
    func await(_ action: String, of container: String, since: Int64) async throws -> EngineEvent {
        let filters = ["type": ["container"], "container": [container]]
        for try await event in try await engine.events(since: since, filters: filters) where event.action == action {
            return event
        }
        throw Missing()
    }

    /// The first of these actions on any container of an image.
    func await(anyOf actions: [String], image: String, since: Int64) async throws -> String {
        let filters = ["type": ["container"], "image": [image]]
        for try await event in try await engine.events(since: since, filters: filters)
        where actions.contains(event.action) { return event.action }
        throw Missing()
    }

    func text(_ path: String) throws -> String { try LocalFile.text(path) ?? "" }

    func write(_ name: String, _ text: String) throws {
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        try LocalFile.makeFolder(LocalFile.folder(of: path))
        try LocalFile.replace(path, with: Array(text.utf8))
    }

    /// One line for each test that asked the engine, for the count that scripts/test prints.
    private static func tally() {
        guard let path = getenv("OWUI_TEST_TALLY"), let test = Test.current else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let line = Array("engine \(test.id)\n".utf8)
        _ = Glibc.write(descriptor, line, line.count)
    }
}

extension Permit {
    static let always = Permit(fence: Open(), isInterrupted: { false })

    private struct Open: Fence {
        func check() {}
    }
}
