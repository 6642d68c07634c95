package import UpgradeCore

extension PlatformStore {
    /// Packs each of these journals into one object, and removes all others.
    ///
    /// A kill in between leaves both; whoever tidies next removes the rest. A journal too large for one object stays as
    /// it was written.
    package func tidy(keeping runs: Set<String>) async throws(Fault) {
        for run in try await runNames() {
            let pieces = try await pieces(of: run)
            if runs.contains(run) { try await pack(pieces, of: run) } else { try await remove(pieces.fromTheEnd) }
        }
    }

    private func pack(_ pieces: JournalPieces, of run: String) async throws(Fault) {
        var pieces = pieces
        let bytes = pieces.bytes
        if let last = pieces.lines.last?.number, bytes.count <= objects.trade.largest {
            // What is damaged stays as it is, for a person to look at.
            _ = try JournalScan(bytes, in: try place(of: run))
            let name = "\(stem).\(run).\(JournalPieces.nameOfAll(upTo: last))"
            do throws(Fault) { try await objects.create(name, labels: labels(of: run, holder: nil), data: bytes) } catch
            {
                if error.kind != .conflict { throw error }
            }
            pieces = try await self.pieces(of: run)
        }
        try await remove(pieces.needless)
    }

    private func remove(_ objects: [PlatformObject]) async throws(Fault) {
        for object in objects { try await self.objects.remove(object) }
    }
}
