import ReleaseKnowledge
import Simulator
import UpgradeCore

extension Setup {
    private static let source = ReleaseNumber(0, 6, 43)

    /// The deployment on which a plan is rehearsed: three instances of 0.6.43, and a target as the table of releases has
    /// it. Refuses a target of which no image can be there.
    init(rehearsing plan: Plan) throws(Fault) {
        self.init(plan: plan, image: Self.source.description)
        guard let newest = KnownRelease.known.last else { return }
        switch Release(plan.target) {
        case nil: throw .notARelease(plan.target)
        case .digest: targetVersion = newest.number.description
        case .tag(let tag):
            guard Self.isPublished(tag) else { throw .noSuchImage(tag) }
            targetVersion = newest.number.description
        case .numbered(let version, let variant):
            let number = ReleaseNumber(version.major, version.minor, version.patch)
            let known = KnownRelease.numbered(number)
            guard known != nil || number > newest.number else { throw .noSuchImage(plan.target) }
            if number == Self.source {
                relation = variant == nil ? .already : .sameHead
            } else if number < Self.source {
                relation = .older
            } else if let head = known?.head, head == KnownRelease.numbered(Self.source)?.head {
                relation = .sameHead
            }
        }
    }

    /// Whether upstream publishes images under this tag, which is no number.
    private static func isPublished(_ tag: String) -> Bool {
        let parts = tag.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let variants = ["cuda", "cuda126", "ollama", "slim"]
        if parts.count == 1 { return (["main", "dev", "latest"] + variants).contains(tag) }
        if parts[0] == "git" { return parts[1].count >= 7 && parts[1].allSatisfy(\.isHexDigit) }
        return ["main", "dev", "latest"].contains(parts[0]) && variants.contains(parts[1])
    }
}
