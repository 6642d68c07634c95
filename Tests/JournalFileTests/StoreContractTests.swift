import Testing
import UpgradeCore

@testable import JournalFile

/// A folder as a process that the test describes comes to it.
private struct FolderStore: RunStore {
    let test: TestFolder
    let here: ProcessIdentity
    let clock: any LeaseClock
    let processes: ListedProcesses

    private var folder: StateFolder { test.folder() }

    func place(of run: String?) throws(Fault) -> JournalPlace { try folder.place(of: run) }
    func runNames() throws(Fault) -> [String] { try folder.runNames() }
    func bytes(of run: String) throws(Fault) -> [UInt8] { try folder.bytes(of: run) }
    func tidy(keeping runs: Set<String>) { folder.tidy(keeping: runs) }
    func lockHolder() throws(Fault) -> LockRecord? { try folder.lockHolder() }
    func unlock(run: String) throws(Fault) -> LockRecord { try folder.unlock(run: run) }

    func create<Payload: Codable & Sendable>(
        _ header: JournalHeader, fence: any Fence, of payload: Payload.Type
    ) throws(Fault) -> any JournalWriter<Payload> { try folder.create(header, fence: fence, of: payload) }

    func open<Payload: Codable & Sendable>(
        _ run: String, fence: any Fence, of payload: Payload.Type
    ) throws(Fault) -> (journal: any JournalWriter<Payload>, replay: JournalReplay<Payload>) {
        try folder.open(run, fence: fence, of: payload)
    }

    func lock(_ claim: LockClaim, patience: LockPatience) async throws(Fault) -> any DeploymentLock {
        try await LockFile.acquire(
            in: folder, claim: claim, patience: patience, here: here, processes: processes, clock: clock)
    }
}

@Suite struct `Every store of runs` {
    @Test(arguments: StoreContract.allCases) func `in a folder keeps the contract`(_ clause: StoreContract) async throws
    {
        let test = try TestFolder()
        try await clause.check(
            on: StoreGround { FolderStore(test: test, here: $0, clock: $1, processes: $2) })
    }

    @Test(arguments: StoreContract.allCases)
    func `in objects of a platform keeps the contract`(_ clause: StoreContract) async throws {
        let objects = MemoryObjects()
        try await clause.check(on: StoreGround { PlatformStore(objects, as: $0, clock: $1, $2) })
    }
}
