package import UpgradeCore
import Wire

extension Engine {
    /// Runs a short command in a container that runs; what it printed, and its exit code.
    ///
    /// The answer comes when the command has ended: give it a limit of its own.
    package func run(_ command: [String], in container: String) async throws(Fault) -> (exit: Int, output: String) {
        let order = Order(cmd: command)
        let purpose = "run \(command.first ?? "a command") in the container \(container.prefix(12))"
        let made = try await value(
            of: EngineCall(
                "POST", EngineCall.container(container, "exec"), body: try EngineJSON.write(order), to: purpose),
            purpose)
        let id = EngineCall.escaped(made["Id"].text ?? "")
        let output = try await send(
            EngineCall(
                "POST", "/exec/\(id)/start", body: try EngineJSON.write(["Detach": false, "Tty": false]),
                limits: HTTPLimits(total: .seconds(10), body: 1 << 20), to: purpose)
        ).body
        let end = try await value(of: EngineCall("GET", "/exec/\(id)/json", to: purpose), purpose)
        return (end["ExitCode"].integer ?? -1, EngineLog.lines(framed: output).joined(separator: "\n"))
    }

    private struct Order: Encodable {
        let cmd: [String]

        enum CodingKeys: String, CodingKey {
            case cmd = "Cmd"
            case attachStdout = "AttachStdout"
        }

        func encode(to encoder: any Encoder) throws {
            var order = encoder.container(keyedBy: CodingKeys.self)
            try order.encode(cmd, forKey: .cmd)
            try order.encode(true, forKey: .attachStdout)
        }
    }
}
