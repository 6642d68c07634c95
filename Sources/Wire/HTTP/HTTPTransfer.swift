internal import CCurl
internal import Glibc
internal import UpgradeCore

/// One request under way. curl's thread alone touches the handle; the mailbox is shared.
final class HTTPTransfer: @unchecked Sendable {
    let request: HTTPRequest
    let mailbox = HTTPMailbox()
    private var handle: UnsafeMutableRawPointer?
    private var lines: UnsafeMutablePointer<curl_slist>?
    private var head: HTTPHead?
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ request: HTTPRequest) {
        self.request = request
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(lines)
        message.deallocate()
    }

    /// Makes the handle; nil when there is no memory for one.
    func prepare() -> UnsafeMutableRawPointer? {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        lines = request.headerLines.reduce(nil) { curl_slist_append($0, $1) }
        describe(handle)
        bound(handle)
        secure(handle)
        listen(handle)
        return handle
    }

    func ended(_ code: CURLcode) {
        guard code != CURLE_OK else { return mailbox.end(.success(())) }
        let said = String(cString: message)
        let why = said.isEmpty ? curl_easy_strerror(code).map { String(cString: $0) } ?? "" : said
        mailbox.end(.failure(.http(code.rawValue, at: request.place, why: PostgresMessage.oneLine(why))))
    }
}

// What curl is told.
extension HTTPTransfer {
    private func describe(_ handle: UnsafeMutableRawPointer) {
        set(handle, CURLOPT_URL, request.url)
        set(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, lines)
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        let method = request.method.uppercased()
        if method == "HEAD" {
            ccurl_set_long(handle, CURLOPT_NOBODY, 1)
        } else if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            _ = request.body.withUnsafeBytes { ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
            if request.body.isEmpty { set(handle, CURLOPT_COPYPOSTFIELDS, "") }
        }
        if method != "HEAD" { set(handle, CURLOPT_CUSTOMREQUEST, method) }
        if let socket = request.socket { set(handle, CURLOPT_UNIX_SOCKET_PATH, socket) }
        if request.isLocal { set(handle, CURLOPT_PROXY, "") }
    }

    private func bound(_ handle: UnsafeMutableRawPointer) {
        let milliseconds = { (limit: Duration) in Int(max(1, limit.milliseconds(atMost: Int(Int32.max)))) }
        let limits = request.limits
        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_close_sockets_on_exec(handle)
        // A machine that has vanished ends a stream on which it would have nothing to say for hours.
        ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(handle, CURLOPT_TCP_KEEPIDLE, 20)
        ccurl_set_long(handle, CURLOPT_TCP_KEEPINTVL, 10)
        ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect))
        if let total = limits.total { ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds(total)) }
        if let idle = limits.idle {
            ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
            ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, (milliseconds(idle) + 999) / 1000)
        }
    }

    private func secure(_ handle: UnsafeMutableRawPointer) {
        if let authorities = request.tls.authorities {
            set(handle, CURLOPT_CAINFO, authorities)
            ccurl_set_pointer(handle, CURLOPT_CAPATH, nil)
        }
        if let certificate = request.tls.certificate { set(handle, CURLOPT_SSLCERT, certificate) }
        if let key = request.tls.key { set(handle, CURLOPT_SSLKEY, key) }
        ccurl_set_long(handle, CURLOPT_SSL_VERIFYHOST, request.tls.verifiesHost ? 2 : 0)
    }

    private func set(_ handle: UnsafeMutableRawPointer, _ option: CURLoption, _ text: String) {
        _ = text.withCString { ccurl_set_pointer(handle, option, $0) }
    }
}

// What curl tells.
extension HTTPTransfer {
    private func listen(_ handle: UnsafeMutableRawPointer) {
        let owner = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, message)
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, owner)
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, owner)
        ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<HTTPTransfer>.fromOpaque(owner).takeUnretainedValue()
                .receive(line: String(decoding: line, as: UTF8.self).trimmed)
            return size * count
        }
        ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let transfer = Unmanaged<HTTPTransfer>.fromOpaque(owner).takeUnretainedValue()
            switch transfer.mailbox.put(UnsafeRawBufferPointer(start: bytes, count: size * count)) {
            case .taken: return size * count
            case .full: return Int(ccurl_pause)
            case .unwanted: return 0
            }
        }
    }

    /// An empty line ends a head. One of 1xx is not the answer yet, and trailers come after it.
    private func receive(line: String) {
        if let started = HTTPHead(statusLine: line) {
            head = started
        } else if !line.isEmpty {
            head?.read(line: line)
        } else if let head, head.status >= 200 {
            self.head = nil
            mailbox.put(head)
        }
    }
}
