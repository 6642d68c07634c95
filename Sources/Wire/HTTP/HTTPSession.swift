package import UpgradeCore

/// Sends requests through one libcurl thread and keeps connections open between them.
///
/// Redirects are not followed and cookies are not kept. Any number of requests may be under way.
package final class HTTPSession: Sendable {
    private let engine: HTTPEngine

    /// With a number of connections no more than those are there at a time; what has to wait for one, waits within its
    /// own limits.
    package init(connections: Int? = nil) { engine = HTTPEngine(connections: connections) }

    deinit {
        engine.leave(.stop)
    }

    /// The whole answer, of any status.
    package func send(_ request: HTTPRequest) async throws(Fault) -> HTTPResponse {
        let stream = try await stream(request)
        var body: [UInt8] = []
        while let bytes = try await stream.body.next() {
            guard body.count + bytes.count <= request.limits.body else {
                stream.body.cancel()
                throw .tooLarge(request.place, limit: request.limits.body)
            }
            body += bytes
        }
        return HTTPResponse(head: stream.head, body: body)
    }

    /// The head of an answer as soon as it is there, and its body as it comes.
    package func stream(_ request: HTTPRequest) async throws(Fault) -> HTTPStream {
        try request.check()
        guard !Task.isCancelled else { throw .interrupted("A request to \(request.place)") }
        let transfer = HTTPTransfer(request)
        let body = HTTPBody(transfer, engine: engine, session: self)
        engine.leave(.begin(transfer))
        return HTTPStream(head: try await body.head(), body: body)
    }
}

/// An answer whose body is still coming.
package struct HTTPStream: Sendable {
    package let head: HTTPHead
    package let body: HTTPBody
}

/// The bytes of a body in pieces as they come. A slow reader slows the sender down; whoever drops it ends the
/// transfer. It is read once, by one task at a time.
package final class HTTPBody: Sendable {
    private let transfer: HTTPTransfer
    private let engine: HTTPEngine
    /// Keeps the thread alive for as long as the body is read.
    private let session: HTTPSession

    init(_ transfer: HTTPTransfer, engine: HTTPEngine, session: HTTPSession) {
        self.transfer = transfer
        self.engine = engine
        self.session = session
    }

    deinit {
        engine.leave(.end(transfer))
    }

    /// The next piece, or nil at the end. Cancelling the task ends the transfer at once.
    package func next() async throws(Fault) -> [UInt8]? {
        while true {
            guard !Task.isCancelled else {
                cancel()
                throw .interrupted("A request to \(transfer.request.place)")
            }
            let letter = takeLetter()
            if !letter.bytes.isEmpty { return letter.bytes }
            if let end = letter.end {
                try end.get()
                return nil
            }
            await wait(after: letter)
        }
    }

    /// Ends the transfer; what comes after is `.interrupted`.
    package func cancel() {
        transfer.mailbox.end(.failure(.interrupted("A request to \(transfer.request.place)")))
        engine.leave(.end(transfer))
    }

    /// Bytes that were received and not yet taken.
    var buffered: Int { transfer.mailbox.count }

    func head() async throws(Fault) -> HTTPHead {
        while true {
            // The bytes stay where they are: the head comes before the first of them.
            let letter = transfer.mailbox.look()
            if let head = letter.head { return head }
            if let end = letter.end {
                try end.get()
                throw .noAnswer(transfer.request.place)
            }
            await wait(after: letter)
        }
    }

    private func takeLetter() -> HTTPMailbox.Letter {
        let letter = transfer.mailbox.take()
        if letter.wasPaused { engine.leave(.goOn(transfer)) }
        return letter
    }

    private func wait(after letter: HTTPMailbox.Letter) async {
        await withTaskCancellationHandler {
            await transfer.mailbox.wait(after: letter)
        } onCancel: {
            cancel()
        }
    }
}

extension HTTPBody: AsyncSequence {
    package struct Iterator: AsyncIteratorProtocol {
        let body: HTTPBody

        package mutating func next() async throws -> [UInt8]? {
            try await body.next()
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(Fault) -> [UInt8]? {
            try await body.next()
        }
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(body: self)
    }
}
