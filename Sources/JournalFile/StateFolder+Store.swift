package import UpgradeCore

/// A deployment whose journals are files in a folder, and whose lock is one too.
extension StateFolder: RunStore {
    package func place(of run: String?) throws(Fault) -> JournalPlace {
        guard let run else { return .file(runs) }
        return .file(try journal(of: run))
    }

    package func bytes(of run: String) throws(Fault) -> [UInt8] {
        guard let bytes = try disk.contents(of: journal(of: run)) else { throw .noSuchRun(run, in: path) }
        return bytes
    }

    package func create<Payload: Codable & Sendable>(
        _ header: JournalHeader, fence: any Fence, of payload: Payload.Type
    ) throws(Fault) -> any JournalWriter<Payload> {
        try JournalFile<Payload>.create(in: self, header: header, fence: fence)
    }

    package func open<Payload: Codable & Sendable>(
        _ run: String, fence: any Fence, of payload: Payload.Type
    ) throws(Fault) -> (journal: any JournalWriter<Payload>, replay: JournalReplay<Payload>) {
        let (journal, replay) = try JournalFile<Payload>.open(in: self, run: run, fence: fence)
        return (journal, replay)
    }

    /// A folder has room for the journals of all runs.
    package func tidy(keeping runs: Set<String>) {}

    package func lock(_ claim: LockClaim, patience: LockPatience) async throws(Fault) -> any DeploymentLock {
        try await LockFile.acquire(in: self, claim: claim, patience: patience)
    }
}
