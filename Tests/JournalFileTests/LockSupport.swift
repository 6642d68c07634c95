import UpgradeCore

@testable import JournalFile

extension TestFolder {
    /// Takes the lock as a process that the test describes.
    func lock(
        _ run: String, as process: ProcessIdentity = .here, patience: LockPatience = .oneLease,
        clock: any LeaseClock = ManualClock(), processes: ListedProcesses = ListedProcesses()
    ) async throws(Fault) -> LockFile {
        try await LockFile.acquire(
            in: folder(), claim: .of(run), patience: patience, here: process, processes: processes, clock: clock)
    }
}
