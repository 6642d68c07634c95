package import UpgradeCore

extension LocalGroup {
    /// Whether the file can be understood at all; what speaks against an upgrade of a valid group are `findings`.
    /// Throws `.invalid`.
    package func validate() throws(Fault) {
        _ = try CommandTemplate(command)
        for name in [name] + companions.map(\.name) where !LocalGroup.isName(name) { throw .badGroupName(name) }
        if let twice = LocalGroup.repeated([name] + companions.map(\.name)) { throw .nameTwice(twice) }
        guard !host.isEmpty else { throw .badGroupValue("host", why: "it is empty") }
        guard !logs.isEmpty else { throw .badGroupValue("logs", why: "it is empty") }
        guard stopGrace >= 0, stopGrace <= 86_400 else {
            throw .badGroupValue("stopGrace", why: "\(stopGrace) is not between 0 and 86400 seconds")
        }
        let ports = self.ports.ports + companions.flatMap(\.ports.ports)
        if let bad = ports.first(where: { !(1...65535 ~= $0) }) {
            throw .badGroupValue("ports", why: "\(bad) is not between 1 and 65535")
        }
        if let twice = LocalGroup.repeated(ports) { throw .badGroupValue("ports", why: "\(twice) is there twice") }
        for companion in companions where companion.replicas < 0 {
            throw .badGroupValue("replicas of \(companion.name)", why: "\(companion.replicas) is below 0")
        }
        try validateEnvironment()
    }

    private func validateEnvironment() throws(Fault) {
        for (key, value) in ([environment] + companions.map(\.environment)).flatMap(\.self) {
            guard LocalGroup.isVariable(key) else {
                throw .badGroupValue("environment", why: "\(key) is not the name of a variable")
            }
            guard !value.utf8.contains(0) else {
                throw .badGroupValue("environment", why: "the value of \(key) holds a NUL")
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        1...30 ~= name.utf8.count && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
    }

    /// Names that start with `OWUI_UPGRADE_` are how instances are found again.
    static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("OWUI_UPGRADE_") && !name.utf8.contains { $0 <= 32 || $0 == UInt8(ascii: "=") }
    }

    private static func repeated<Element: Hashable>(_ elements: [Element]) -> Element? {
        var seen: Set<Element> = []
        return elements.first { !seen.insert($0).inserted }
    }
}
