/// A desired state of a deployment. Asking for it twice is asking for it once.
package struct Change: Codable, Equatable, Sendable {
    /// The desired state of one workload.
    package struct Desired: Codable, Equatable, Sendable {
        package let workload: String
        package let settings: Settings
        /// What instances carry that are started for this change.
        package let naming: Generation
        /// The generations whose instances count as right; nil where every instance of the image does.
        package let accepts: [Generation]?

        package init(workload: String, settings: Settings, naming: Generation, accepts: [Generation]? = nil) {
            self.workload = workload
            self.settings = settings
            self.naming = naming
            self.accepts = accepts
        }

        /// Whether this instance may stay.
        package func accepts(_ instance: Instance) -> Bool {
            guard instance.image == settings.image else { return false }
            guard let accepts else { return true }
            return instance.generation.map(accepts.contains) ?? false
        }
    }

    package let workloads: [Desired]

    package init(workloads: [Desired]) {
        self.workloads = workloads
    }

    /// Whether anything is to run after it.
    package var starts: Bool { workloads.contains { $0.settings.replicas > 0 } }

    package subscript(workload: String) -> Desired? { workloads.first { $0.workload == workload } }
}
