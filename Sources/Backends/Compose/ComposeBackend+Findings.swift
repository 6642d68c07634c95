package import UpgradeCore

extension ComposeBackend {
    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        let look = try await look()
        var wanted: [String: String] = [:]
        for container in look.containers {
            wanted[container.service] = Release(plan.target).map { ImageName(container.image).at($0).description }
        }
        do throws(Fault) { _ = try await edit(to: wanted) } catch {
            return [Finding(refuses: true, fault: error)]
        }
        return []
    }
}
