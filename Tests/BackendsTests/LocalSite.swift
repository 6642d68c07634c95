import Glibc
import Synchronization
import Testing
import UpgradeCore

@testable import Backends

/// A folder with a group and installations made of scripts. What was started in it ends with it.
struct LocalSite {
    let folder: String
    var group: LocalGroup

    /// A group of scripts whose installations are in `opt`, with settings that nothing speaks against.
    static func with<Result>(
        ports: [Int] = [], _ body: (inout LocalSite) async throws -> Result
    ) async throws -> Result {
        var template = Array("/tmp/owui-local-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno() }
        let path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        var site = LocalSite(
            folder: path,
            group: LocalGroup(
                name: "chat", command: "opt/{version}/bin/open-webui serve --host {host} --port {port}",
                ports: PortList(ports.isEmpty ? freePorts(8) : ports),
                environment: [
                    "WEBUI_SECRET_KEY": "a-key-that-nobody-may-see", "DATA_DIR": "\(path)/data",
                    "DATABASE_URL": "postgresql://u:a-password@db/webui",
                ], stopGrace: 20))
        try site.install("1.0.0")
        do {
            let result = try await body(&site)
            site.end()
            return result
        } catch {
            site.end()
            throw error
        }
    }

    /// Ports that nothing listened on a moment ago; no two sites of a test run get the same.
    static func freePorts(_ count: Int) -> [Int] {
        var ports: [Int] = []
        while ports.count < count {
            let port = 21_000 + Int(nextPort.wrappingAdd(1, ordering: .relaxed).newValue) % 9_000
            if LocalSocket.isFree(host: "127.0.0.1", port: port) { ports.append(port) }
        }
        return ports
    }

    private static let nextPort = Atomic<UInt32>(UInt32(getpid()) % 9_000)

    /// Makes an installation whose program is a script.
    func install(_ version: String, script: String = "#!/bin/sh\nexec sleep 1000\n") throws {
        let root = "\(folder)/opt/\(version)"
        let packages = "\(root)/lib/python3.11/site-packages"
        try write(
            "\(packages)/open_webui-\(version).dist-info/METADATA", "Name: open-webui\nVersion: \(version)\n\nText\n")
        try write(
            "\(packages)/open_webui/migrations/versions/aaaaaaaaaaaa_first.py",
            "revision = 'aaaaaaaaaaaa'\ndown_revision = None\n")
        try write(
            "\(packages)/open_webui/migrations/versions/bbbbbbbbbbbb_second.py",
            "revision = 'bbbbbbbbbbbb'\ndown_revision = 'aaaaaaaaaaaa'\n")
        try program("\(root)/bin/open-webui", script)
    }

    /// Another process writes it: a file that this one had open could not be run while a test beside it starts a process.
    func program(_ path: String, _ script: String) throws {
        try LocalFile.makeFolder(LocalFile.folder(of: path))
        let pipe = try #require(popen("rm -f '\(path)'; cat > '\(path)' && chmod 755 '\(path)'", "we"))
        fputs(script, pipe)
        try #require(pclose(pipe) == 0)
    }

    func write(_ path: String, _ text: String) throws {
        try LocalFile.makeFolder(LocalFile.folder(of: path))
        try LocalFile.replace(path, with: Array(text.utf8))
    }

    func backend(
        prober: any Prober = Unprobed(), fence: any Fence = OpenFence(),
        passing: @escaping @Sendable (LocalBackend.Point) throws(Fault) -> Void = { _ throws(Fault) in }
    ) throws -> LocalBackend {
        try LocalBackend(group: group, folder: folder, fence: fence, prober: prober, passing: passing)
    }

    var store: LocalStore { get throws { try LocalStore(folder: folder) } }

    /// The instances that have a living process, by what the processes carry.
    var carried: [String] {
        let marks = ProcessTable.living().compactMap(ProcessTable.mark)
        return Set(marks.filter { $0.group == folder }.map(\.instance)).sorted()
    }

    func processes(of instance: String) -> [ProcessTable.Process] {
        ProcessTable.living().filter {
            ProcessTable.mark(of: $0) == ProcessTable.Mark(group: folder, instance: instance)
        }
    }

    private func end() {
        for process in ProcessTable.living() where ProcessTable.mark(of: process)?.group == folder {
            ProcessGroup.signal(process.pid, SIGKILL)
        }
        // Only a folder that this very function has made is removed.
        guard folder.hasPrefix("/tmp/owui-local-") else { return }
        removeAll(folder)
    }

    private func removeAll(_ path: String) {
        if LocalFile.isFolder(path), LocalFile.link(path) == nil {
            for name in LocalFile.names(in: path) ?? [] { removeAll("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

extension Change {
    /// The group alone, with these settings.
    static func chat(
        _ image: String, _ replicas: Int, _ number: Int = 1, accepts: [Int]? = nil, workers: String? = nil,
        migrations: String? = nil
    ) -> Change {
        Change(workloads: [
            Desired(
                workload: "chat",
                settings: Settings(image: image, replicas: replicas, workers: workers, migrations: migrations),
                naming: Generation(run: "r1", number: number),
                accepts: accepts?.map { Generation(run: "r1", number: $0) })
        ])
    }
}

/// Looks until the deployment is as wanted; nil after too many looks.
func look(
    at backend: LocalBackend, times: Int = 4000, until isReached: (Deployment) -> Bool
) async throws -> Deployment? {
    for _ in 0..<times {
        let deployment = try await backend.observe()
        if isReached(deployment) { return deployment }
        poll(nil, 0, 2)
    }
    return nil
}

/// Waits for something outside of the deployment, such as a file that a script writes.
func comes(times: Int = 4000, _ isThere: () -> Bool) -> Bool {
    for _ in 0..<times {
        if isThere() { return true }
        poll(nil, 0, 2)
    }
    return false
}

/// One way in which a sound thing is spoilt for a test.
struct Defect<Subject>: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: Fault.Kind
    let spoil: @Sendable (inout Subject) throws -> Void

    init(_ name: String, _ kind: Fault.Kind = .refused, _ spoil: @escaping @Sendable (inout Subject) throws -> Void) {
        self.name = name
        self.kind = kind
        self.spoil = spoil
    }

    var testDescription: String { name }
}

/// For tests in which no port matters.
struct Unprobed: Prober {
    func get(_ path: String, host: String, port: Int) async -> ProbeReply { .closed }
}

/// Answers from a table; an unknown path gets the page of the application, as Open WebUI answers it.
struct ScriptedProber: Prober {
    var replies: [String: ProbeReply]
    func get(_ path: String, host: String, port: Int) async -> ProbeReply {
        replies[path] ?? .answered(status: 200, body: "<!doctype html>")
    }
}
