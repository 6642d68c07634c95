import FoundationEssentials
import Glibc
import Testing
import UpgradeCore

/// What is to be seen of a deployment from outside.
extension Playground {
    /// The versions that answer, one for each port of the group on which somebody does.
    func serving() async throws -> [String] { try await versions(on: ports) }

    /// The same for the companion.
    func companionServing() async throws -> [String] { try await versions(on: companionPorts) }

    private func versions(on ports: ArraySlice<Int>) async throws -> [String] {
        var versions: [String] = []
        for port in ports {
            guard let answer = try await Web.get("/api/version", port: port) else { continue }
            let version = answer.split(separator: "\"version\":\"").dropFirst().first?.prefix { $0 != "\"" }
            versions.append(version.map(String.init) ?? answer)
        }
        return versions
    }

    /// The deployment as `local ps` shows it.
    func deployment() async throws -> Deployment {
        let shown = try await run("local", "ps", "--output", "json")
        guard shown.exit == 0 else { throw Trouble("local ps: \(shown.story)") }
        return try JSONDecoder().decode(Deployment.self, from: Data(shown.out.utf8))
    }

    /// What each workload is asked to be.
    func settings() async throws -> [String: Settings] {
        Dictionary(try await deployment().workloads.map { ($0.name, $0.settings) }) { first, _ in first }
    }

    /// Every process of an instance.
    func living() -> [GroupProcess] { GroupProcess.living(in: folder) }

    /// The ids of the journals, oldest first.
    var runs: [String] {
        Files.names(in: "\(stateFolder)/runs").filter { $0.hasSuffix(".journal") }.map { String($0.dropLast(8)) }
    }
}

/// A process of an instance, by what it carries in its environment.
struct GroupProcess: Equatable, Sendable {
    let pid: pid_t
    let instance: String

    static func living(in folder: String) -> [GroupProcess] {
        let key = "OWUI_UPGRADE_INSTANCE="
        return Files.names(in: "/proc").compactMap { pid_t($0) }.compactMap { pid in
            let own = variables(of: pid, called: "OWUI_UPGRADE_")
            guard own.contains("OWUI_UPGRADE_GROUP=\(folder)") else { return nil }
            let instance = own.first { $0.hasPrefix(key) }?.dropFirst(key.count)
            return instance.map { GroupProcess(pid: pid, instance: String($0)) }
        }
    }

    /// The variables of a process whose names begin like this; none for a process that has ended: a zombie has no
    /// environment. Every process of the machine is asked, so that text is made of nothing else.
    private static func variables(of pid: pid_t, called prefix: String) -> [String] {
        let bytes: [UInt8]
        do { bytes = try Files.bytes("/proc/\(pid)/environ") + [0] } catch { return [] }
        return bytes.withUnsafeBytes { bytes in
            var found: [String] = []
            var place = bytes.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
            let end = place.map { $0 + bytes.count }
            while let variable = place, let end, variable < end {
                if strncmp(variable, prefix, prefix.utf8.count) == 0 { found.append(String(cString: variable)) }
                place = variable + strlen(variable) + 1
            }
            return found
        }
    }
}
