/// One thing to do to the world. Every command may be given twice without harm.
package enum Command: Codable, Equatable, Sendable {
    /// Look at the deployment and its database.
    case inspect
    /// Read version and chain out of the files of both images, and of what else companions will run; the target's are
    /// brought to where they will run.
    case readImages(source: String, target: String, others: [String]? = nil)
    /// Run the read-only queries that predict a migration's failure.
    case check
    /// Stop what would scale or revert the workloads by itself.
    case pause
    /// Ask the platform for a state.
    case apply(change: Change)
    /// Make the backup of the plan.
    case backUp
    /// Put the database back as the backup has it.
    case restore(backup: BackupRecord)
    /// Ask the database for its revision.
    case readRevision
    /// Save logs and events of what failed.
    case saveEvidence
    /// Put back what `pause` stopped.
    case resumeAutomation(paused: [Automation])
}

/// What came of a command.
package enum Reply: Codable, Equatable, Sendable {
    case done
    case inspected(inspection: Inspection)
    case imagesRead(source: ImageFacts, target: ImageFacts, others: [ImageFacts]? = nil)
    case checked(findings: [Finding])
    case paused(automation: [Automation])
    case backedUp(backup: BackupRecord)
    case revision(revisions: [SchemaRevision])
    case evidenceSaved(files: [String])
    case failed(fault: Fault)
}

/// The deployment and its database before a run changes anything.
package struct Inspection: Codable, Equatable, Sendable {
    package var deployment: Deployment
    package var database: DatabaseState
    /// What the platform and the settings say against an upgrade.
    package var findings: [Finding]

    package init(deployment: Deployment, database: DatabaseState, findings: [Finding] = []) {
        self.deployment = deployment
        self.database = database
        self.findings = findings
    }
}

/// Something that a look before the run has found.
package struct Finding: Codable, Equatable, Sendable {
    /// Whether the run must not start because of it.
    package let refuses: Bool
    package let fault: Fault
    /// What is left to a person when the deployment is as asked; nil where nothing is.
    package let afterwards: String?
    /// The same when the deployment is as it was; nil where nothing is, and in journals that do not say.
    package let takenBack: String?

    package init(refuses: Bool, fault: Fault, afterwards: String? = nil, takenBack: String? = nil) {
        self.takenBack = takenBack
        self.refuses = refuses
        self.fault = fault
        self.afterwards = afterwards
    }
}

/// A backup that was made and read back.
package struct BackupRecord: Codable, Equatable, Sendable {
    /// The file, or what the person's command printed.
    package let location: String
    package let bytes: Int
    /// The revision of the schema in it.
    package let revision: String
    /// A shell command that restores it; nil where only this tool's own way does.
    package let restore: String?
    /// The machine that a file is on, as people know it; nil in journals that do not say.
    package let machine: String?

    package init(location: String, bytes: Int, revision: String, restore: String? = nil, machine: String? = nil) {
        self.location = location
        self.bytes = bytes
        self.revision = revision
        self.restore = restore
        self.machine = machine
    }
}
