package import UpgradeCore
import Wire

extension Engine {
    /// The last lines that a container wrote to its standard output and error, in the order of their coming.
    package func logs(container id: String, last lines: Int) async throws(Fault) -> [String] {
        let hasTerminal = try await container(id).hasTerminal
        let query = ["stdout": "1", "stderr": "1", "tail": "\(lines)"]
        let call = EngineCall(
            "GET", EngineCall.container(id, "logs"), query, limits: HTTPLimits(total: .seconds(30), body: 64 << 20),
            to: "give the log of the container \(id)")
        let bytes = try await send(call).body
        return hasTerminal ? EngineLog.lines(raw: bytes) : EngineLog.lines(framed: bytes)
    }
}

/// The engine's form of a container's output: frames with eight bytes before each, or a terminal's bytes as they are.
enum EngineLog {
    /// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
    static func lines(framed bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var open: [UInt8: [UInt8]] = [:]
        var place = 0
        while place + 8 <= bytes.count {
            let stream = bytes[place]
            let size = bytes[(place + 4)..<(place + 8)].reduce(0) { $0 << 8 | Int($1) }
            let end = min(place + 8 + size, bytes.count)
            // A line may come in several frames, and another stream's between them.
            for byte in bytes[(place + 8)..<end] {
                if byte == 0x0A {
                    lines.append(text(open.removeValue(forKey: stream) ?? []))
                } else {
                    open[stream, default: []].append(byte)
                }
            }
            place = end
        }
        return lines + open.sorted { $0.key < $1.key }.map { text($0.value) }
    }

    static func lines(raw bytes: [UInt8]) -> [String] {
        var parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { text(Array($0)) }
        if parts.last == "" { parts.removeLast() }
        return parts
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
