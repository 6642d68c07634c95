import UpgradeCore

/// A private socket of this machine, behind which each connection is an ssh to the engine's machine.
final class SSHTunnel: Sendable {
    private let destination: SSHDestination

    init(to destination: SSHDestination) {
        self.destination = destination
    }

    func socket() async throws(Fault) -> String {
        throw .badEngineAddress(destination.text, why: "ssh:// is not supported yet")
    }

    /// What ssh said last.
    func complaint() async -> String { "" }
}
