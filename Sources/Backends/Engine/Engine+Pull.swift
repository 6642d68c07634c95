import UpgradeCore
import Wire

/// How far an engine is with an image that it fetches.
package struct PullProgress: Encodable, Equatable, Sendable {
    package let image: String
    /// Bytes that have come, of those layers whose size is known by now.
    package let received: Int
    package let total: Int
    /// Layers that are unpacked or were there before.
    package let done: Int
    package let layers: Int

    package init(image: String, received: Int, total: Int, done: Int, layers: Int) {
        (self.image, self.received, self.total, self.done, self.layers) = (image, received, total, done, layers)
    }
}

extension Engine {
    /// Has the engine fetch an image, and tells of every step. Whatever `hear` throws ends it, and so does cancelling.
    func pull(
        _ image: ImageReference, as login: Secret?, hear: (PullProgress) throws(Fault) -> Void
    ) async throws(Fault) {
        let query = ["fromImage": image.name.repository, "tag": image.name.digest ?? image.name.tag ?? "latest"]
        let call = EngineCall(
            "POST", "/images/create", query, secretHeaders: login.map { ["X-Registry-Auth": $0] } ?? [:],
            limits: EngineCall.endless, to: "fetch the image \(image.written)")
        let body = try await stream(call).body
        var lines = JSONLines()
        var ledger = PullLedger(image: image.written)
        while let bytes = try await body.next() {
            lines.add(bytes)
            while let line = lines.next() {
                let step = try EngineJSON.read(PullStep.self, line, of: "a step of fetching \(image.written)")
                if let said = step.error {
                    throw .engineRefused(call.purpose, status: step.errorDetail?.code ?? 500, said: said)
                }
                if ledger.take(step) { try hear(ledger.progress) }
            }
        }
    }
}

/// A line that an engine writes while it fetches an image.
struct PullStep: Decodable {
    let id: String?
    let status: String?
    let progressDetail: Detail?
    let error: String?
    let errorDetail: Failure?

    struct Detail: Decodable {
        let current: Int?
        let total: Int?
    }

    struct Failure: Decodable {
        let code: Int?
    }
}

/// The sum of an image's layers.
struct PullLedger {
    private struct Layer {
        var received = 0
        var total = 0
        var isDone = false
    }

    let image: String
    private var layers: [String: Layer] = [:]

    init(image: String) {
        self.image = image
    }

    var progress: PullProgress {
        let all = layers.values
        return PullProgress(
            image: image, received: all.reduce(0) { $0 + $1.received }, total: all.reduce(0) { $0 + $1.total },
            done: all.count { $0.isDone }, layers: all.count)
    }

    /// Whether the sum has changed. The words are the engine's own, and the same in all versions.
    mutating func take(_ step: PullStep) -> Bool {
        guard let id = step.id, let status = step.status, !status.hasPrefix("Pulling from ") else { return false }
        let before = progress
        var layer = layers[id] ?? Layer()
        switch status {
        case "Downloading":
            layer.received = max(layer.received, step.progressDetail?.current ?? 0)
            layer.total = max(layer.total, step.progressDetail?.total ?? 0, layer.received)
        case "Download complete", "Verifying Checksum", "Extracting": layer.received = layer.total
        case "Pull complete", "Already exists":
            layer.received = layer.total
            layer.isDone = true
        default: break
        }
        layers[id] = layer
        return progress != before
    }
}
