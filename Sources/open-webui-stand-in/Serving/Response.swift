/// One HTTP answer.
struct Response: Equatable {
    let status: Int
    let type: String
    let body: String

    static func json(_ body: String, status: Int = 200) -> Response {
        Response(status: status, type: "application/json", body: body)
    }

    static func detail(_ text: String, status: Int) -> Response { json("{\"detail\":\"\(text)\"}", status: status) }

    static let fine = json("{\"status\":true}")

    /// The single-page application, which also answers for every path that nobody knows.
    static let index = Response(
        status: 200, type: "text/html; charset=utf-8",
        body: "<!doctype html><html><head><title>Open WebUI</title></head><body></body></html>")

    static let broken = Response(status: 500, type: "text/plain; charset=utf-8", body: "Internal Server Error")

    private static let reasons = [
        200: "OK", 400: "Bad Request", 401: "Unauthorized", 500: "Internal Server Error", 503: "Service Unavailable",
    ]

    var text: String {
        """
        HTTP/1.1 \(status) \(Self.reasons[status] ?? "")\r
        content-type: \(type)\r
        content-length: \(body.utf8.count)\r
        connection: close\r
        \r
        \(body)
        """
    }
}
