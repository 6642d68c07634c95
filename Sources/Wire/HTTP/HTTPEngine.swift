internal import CCurl
internal import Dispatch
internal import Synchronization
internal import UpgradeCore

/// The thread on which curl works. Everything else only leaves orders for it.
final class HTTPEngine: @unchecked Sendable {
    enum Order {
        case begin(HTTPTransfer)
        case goOn(HTTPTransfer)
        case end(HTTPTransfer)
        case stop
    }

    private struct Inbox {
        var orders: [Order] = []
        var isStopped = false
    }

    private let inbox = Mutex(Inbox())
    private let multi: UnsafeMutableRawPointer?
    /// The transfers under way, by their handles; curl's thread alone looks here.
    private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = [:]

    private static let isReady = curl_global_init(ccurl_global_all) == CURLE_OK

    /// What has to wait for one of so many connections begins when another has ended; nil for any number.
    init(connections: Int? = nil) {
        multi = Self.isReady ? curl_multi_init() : nil
        if let multi, let connections {
            _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections)
        }
        guard multi != nil else {
            inbox.withLock { $0.isStopped = true }
            return
        }
        DispatchQueue(label: "http").async { self.run() }
    }

    func leave(_ order: Order) {
        let isStopped = inbox.withLock { inbox in
            guard !inbox.isStopped else { return true }
            inbox.orders.append(order)
            curl_multi_wakeup(multi)
            return false
        }
        if isStopped, case .begin(let transfer) = order { transfer.mailbox.end(.failure(.noMemory("HTTP"))) }
    }

    private func run() {
        var running: Int32 = 0
        while followOrders() {
            curl_multi_perform(multi, &running)
            reap()
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        for handle in transfers.keys { curl_multi_remove_handle(multi, handle) }
        transfers = [:]
        curl_multi_cleanup(multi)
    }

    /// False once there is nothing more to do.
    private func followOrders() -> Bool {
        let orders = inbox.withLock { inbox in
            defer { inbox.orders = [] }
            inbox.isStopped = inbox.orders.contains { if case .stop = $0 { true } else { false } }
            return inbox.orders
        }
        for order in orders {
            switch order {
            case .begin(let transfer): begin(transfer)
            case .goOn(let transfer):
                if let handle = handle(of: transfer) { curl_easy_pause(handle, CURLPAUSE_CONT) }
            case .end(let transfer): if let handle = handle(of: transfer) { forget(handle) }
            case .stop: return false
            }
        }
        return true
    }

    private func begin(_ transfer: HTTPTransfer) {
        guard let handle = transfer.prepare() else { return transfer.mailbox.end(.failure(.noMemory("HTTP"))) }
        transfers[handle] = transfer
        curl_multi_add_handle(multi, handle)
    }

    private func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            transfers[handle]?.ended(code)
            forget(handle)
        }
    }

    private func handle(of transfer: HTTPTransfer) -> UnsafeMutableRawPointer? {
        transfers.first { $0.value === transfer }?.key
    }

    private func forget(_ handle: UnsafeMutableRawPointer) {
        curl_multi_remove_handle(multi, handle)
        transfers[handle] = nil
    }
}
