/// What a parent tells a worker process: the socket it inherits and whose child it is.
struct WorkerOrders {
    static let variable = "OPEN_WEBUI_STAND_IN_WORKER"

    let listener: Int32
    let parent: Int32

    static var received: WorkerOrders? {
        guard let parts = System.setting(variable)?.split(separator: ":").compactMap({ Int32($0) }), parts.count == 2
        else { return nil }
        return WorkerOrders(listener: parts[0], parent: parts[1])
    }

    var text: String { "\(listener):\(parent)" }
}
