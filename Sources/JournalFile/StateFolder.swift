package import UpgradeCore

/// The folder in which one deployment keeps its journals and its lock, beside the deployment itself.
package struct StateFolder: Sendable {
    package let path: String
    let disk: Disk

    /// - Parameter gate: sees every call to the disk; for tests.
    package init(_ path: String, gate: (any DiskGate)? = nil) {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = String(trimmed)
        disk = Disk(gate: gate)
    }

    var runs: String { path + "/runs" }

    /// The folder of the deployment itself, which this module never makes.
    var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The file of a run; an id that could name anything else is refused.
    package func journal(of run: String) throws(Fault) -> String {
        guard Self.isName(run) else { throw .badRunName(run) }
        return "\(runs)/\(run).journal"
    }

    /// Makes what is missing of the folders, durably, with mode 0700.
    package func make() throws(Fault) {
        try make(path, in: parent)
        try make(runs, in: path)
    }

    /// The ids that have a journal, sorted. None if nothing was ever upgraded here; other files are passed over.
    package func runNames() throws(Fault) -> [String] {
        do {
            let suffix = ".journal"
            return try disk.names(in: runs)
                .filter { $0.hasSuffix(suffix) }
                .map { String($0.dropLast(suffix.count)) }
                .filter(Self.isName)
                .sorted()
        } catch  where error.kind == .missing {
            try expectParent()
            return []
        }
    }

    private func make(_ folder: String, in parent: String) throws(Fault) {
        do {
            if try disk.makeFolder(folder) {
                try disk.syncFolder(parent)
            } else {
                try expectFolder(folder)
            }
        } catch  where error.kind == .missing {
            try expectParent()
            throw error
        }
    }

    private func expectParent() throws(Fault) {
        do { _ = try disk.names(in: parent) } catch  where error.kind == .missing { throw .noDeploymentFolder(parent) }
    }

    private func expectFolder(_ folder: String) throws(Fault) {
        do { _ = try disk.names(in: folder) } catch  where error.kind == .invalid { throw .notAFolder(folder) }
    }

    static func isName(_ run: String) -> Bool {
        let characters = run.utf8
        guard (1...64).contains(characters.count), let first = characters.first, isAlphanumeric(first) else {
            return false
        }
        return characters.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
