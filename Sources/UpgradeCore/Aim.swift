/// What a deployment is to become: the image and the number of instances that each workload ends with.
struct Aim: Sendable {
    let plan: Plan
    /// What was read of the target's images, the main workload's first; empty until they are read.
    let targets: [ImageFacts]

    /// The name of the target's image for a workload that now runs this one.
    func name(for image: String) -> String {
        Release(plan.target).map { ImageName(image).at($0).description } ?? plan.target
    }

    /// What is asked for under that name: exactly the image that was read, whatever the name comes to mean.
    func image(for image: String) -> String {
        let name = name(for: image)
        return targets.first { $0.image == name }?.pinned ?? name
    }

    func replicas(of workload: Workload) -> Int {
        workload.role == .main ? plan.replicas ?? workload.settings.replicas : workload.settings.replicas
    }

    func settings(of workload: Workload) -> Settings {
        workload.lastingSettings.with(image: image(for: workload.settings.image), replicas: replicas(of: workload))
    }

    /// Whether nothing is left to do for a workload whose instances serve.
    func isReached(by workload: Workload) -> Bool {
        let settings = settings(of: workload)
        return workload.started.count == settings.replicas && workload.settings.replicas == settings.replicas
            && (workload.settings.image == settings.image || isFixed(workload.settings.image))
    }

    /// Whether this is the target's name, and a number that always means the same image.
    private func isFixed(_ image: String) -> Bool {
        image == name(for: image) && ImageName(image).release?.version != nil
    }
}
