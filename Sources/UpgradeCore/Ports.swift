/// A place where Open WebUI runs. Every call may be repeated without harm; none waits, retries or decides.
package protocol Backend: Sendable {
    /// The deployment as it is now, each living instance asked for its health and version.
    func observe() async throws(Fault) -> Deployment
    /// What speaks against this upgrade in how the deployment is configured.
    func findings(for plan: Plan) async throws(Fault) -> [Finding]
    /// Asks the platform for this state; instances end and start after it returns. Throws `.conflict` where the
    /// deployment was changed by someone else since it was observed.
    func apply(_ change: Change) async throws(Fault)
    /// Reads version and chain out of the files of an image, and brings the image to where it will run. What it pins is
    /// what the run asks for from then on; an instance of it must show that name as its image.
    func read(image: String) async throws(Fault) -> ImageFacts
    /// The same of several images, in their order; side by side where the platform bears it.
    func read(images: [String]) async throws(Fault) -> [ImageFacts]
    /// Pauses or resumes what would scale or revert by itself, and tells what that is.
    func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation]
    /// Saves logs and events of the instances; returns the names of the files.
    func saveEvidence(of run: String) async throws(Fault) -> [String]
}

extension Backend {
    package func read(images: [String]) async throws(Fault) -> [ImageFacts] {
        var facts: [ImageFacts] = []
        for image in images { facts.append(try await read(image: image)) }
        return facts
    }
}

/// The database behind a deployment.
package protocol Database: Sendable {
    /// Revision, sessions and progress. Reads catalogs and `alembic_version` only.
    func look() async throws(Fault) -> DatabaseState
    /// Says what speaks against going from one version to another with these revisions between them; read-only.
    func check(pending: [String], from source: String, to target: String) async throws(Fault) -> [Finding]
    /// Says what would keep the backup that the plan asks for from being made, as far as that can be told before it is:
    /// users wait while it is made.
    func findings(for backup: Plan.Backup) async throws(Fault) -> [Finding]
    /// Makes the backup that the plan asks for, and reads it back.
    func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord
    /// Throws why `restore` could not put this backup back, as far as that can be told without changing anything.
    func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault)
    /// Puts the database back as the backup has it.
    func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault)
}

extension Database {
    package func findings(for backup: Plan.Backup) async throws(Fault) -> [Finding] { [] }
}

/// Where the events of a run are kept.
package protocol Journal {
    /// Writes one event durably, and only while the lock is held; throws `.owned` where it is lost.
    mutating func append(_ event: Event) async throws(Fault)
}

/// What stands between a run that has lost its deployment and everything that it may no longer change.
package protocol Fence: Sendable {
    /// Throws a fault of kind `.owned` when the run must stop changing things. It is asked before every append to the
    /// journal, and immediately before every single effect: each signal, each process, each program that is started.
    func check() throws(Fault)
    /// The same, asked where the lock is: for what is about to happen there, where asking costs no more than doing.
    func confirm() async throws(Fault)
    /// What tells this taking of the lock from every other; nil where nobody has taken one.
    var holder: String? { get }
}

extension Fence {
    package func confirm() async throws(Fault) { try check() }
    package var holder: String? { nil }
}

/// Time, and the signals of whoever started this process.
package protocol Clock: Sendable {
    var now: Moment { get }
    /// The name of the signal that asks this process to end; nil where none has come.
    var interruption: String? { get }
    /// Returns at this moment, or earlier when something has changed or a signal has come.
    func wait(until moment: Moment) async
}

/// Who is told what happens.
package protocol Audience {
    /// An event was journaled; `upgrade` has taken it in.
    func hear(_ event: Event, of upgrade: Upgrade)
    /// The deployment was looked at while something is waited for.
    func see(_ observation: Observation, of upgrade: Upgrade)
}
