import CCurl
import ErgonModel

/// One exchange on libcurl's handle. Lives on the client's thread and nowhere else.
final class Running {
    /// How much of an answer that is not content is kept, in bytes.
    private static let longestText = 2048
    /// What is kept of the answer to a post, in bytes.
    private static let longestAnswer = 64 << 10

    let order: Mailbox.Order
    let easy: UnsafeMutableRawPointer
    private let source: UploadSource?
    private let errorText: UnsafeMutablePointer<CChar>
    /// Where the fixed name is to be found.
    private let route: UnsafeMutablePointer<curl_slist>?
    private let headers: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var hasBegun = false
    /// What one of our own callbacks ran into.
    private var fault: TransferFault?

    /// - Throws: `.file` if what is to be sent cannot be opened.
    init(_ order: Mailbox.Order) throws(TransferFault) {
        if case .send(let upload) = order.exchange.work {
            source = try UploadSource(upload)
        } else {
            source = nil
        }
        guard let easy = ergon_curl_easy_init() else {
            preconditionFailure("no memory for libcurl")
        }
        self.order = order
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        if case .endpoint(let endpoint, _) = order.exchange.peer {
            route = ergon_curl_slist_append(nil, "\(Endpoint.provenName):443:\(endpoint.place)")
        } else {
            route = nil
        }
        headers = order.exchange.headers.reduce(nil) { ergon_curl_slist_append($0, $1) }
        let options = configure()
        precondition(options.refused == CURLE_OK, "libcurl refuses an option: \(options.refused)")
    }

    deinit {
        ergon_curl_easy_cleanup(easy)
        ergon_curl_slist_free_all(route)
        ergon_curl_slist_free_all(headers)
        errorText.deallocate()
    }

    private func configure() -> EasyOptions {
        var options = EasyOptions(easy)
        options.set(order.exchange)
        options.set(CURLOPT_ERRORBUFFER, pointer: errorText)
        if let route { options.set(CURLOPT_CONNECT_TO, list: route) }
        if let headers { options.set(CURLOPT_HTTPHEADER, list: headers) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.check(ergon_curl_set_write(easy, receiveBytes, context))
        if let source {
            options.set(CURLOPT_UPLOAD, 1)
            options.set(CURLOPT_INFILESIZE_LARGE, offset: source.size)
            options.check(ergon_curl_set_read(easy, provideBytes, context))
            options.check(ergon_curl_set_seek(easy, seekBytes, context))
        }
        return options
    }

    private var status: Int {
        var status = 0
        ergon_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// - Returns: false to break off.
    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if case .read(let limit) = order.exchange.work, status == 200 {
            guard bytes.count <= limit - body.count else {
                let limit = ByteCount(Int64(limit))
                fault = TransferFault(.tooLarge(limit: limit), at: order.exchange.place)
                return false
            }
            body.append(contentsOf: bytes)
            return true
        }
        if case .post = order.exchange.work {
            body.append(contentsOf: bytes.prefix(Self.longestAnswer - body.count))
            return true
        }
        guard case .fetch(let file) = order.exchange.work, [200, 206].contains(status) else {
            body.append(contentsOf: bytes.prefix(Self.longestText - body.count))
            return true
        }
        do {
            if !hasBegun, !continues(at: file.length) { try file.startOver() }
            hasBegun = true
            try file.append(bytes)
            return true
        } catch {
            fault = error
            return false
        }
    }

    /// True if the body is what follows the bytes we have. A range that starts elsewhere is
    /// found out by the digest.
    private func continues(at length: Int) -> Bool {
        var header: UnsafeMutablePointer<curl_header>?
        guard status == 206,
            ergon_curl_easy_header(easy, "Content-Range", &header) == CURLHE_OK,
            let value = header?.pointee.value
        else { return length == 0 }
        return String(cString: value).hasPrefix("bytes \(length)-")
    }

    fileprivate func provide(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        source?.read(into: buffer)
    }

    fileprivate func seek(to offset: Int) -> Bool { source?.seek(to: offset) ?? false }

    func result(of code: CURLcode) -> Result<Answer, TransferFault> {
        if let fault { return .failure(fault) }
        guard code == CURLE_OK else {
            let said = String(cString: errorText)
            let text = said.isEmpty ? String(cString: ergon_curl_easy_strerror(code)) : said
            return .failure(TransferFault(cause(of: code, text), at: order.exchange.place))
        }
        return .success(Answer(status: status, body: body))
    }
}

/// Which of our causes libcurl's code is.
private func cause(of code: CURLcode, _ text: String) -> TransferFault.Cause {
    switch code {
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .forbiddenURL
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
        .unreachable(text)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
        CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
        .untrusted(text)
    // A TLS 1.3 server judges our certificate after the handshake: its verdict comes as an alert
    // where the answer should be. A handshake that is merely cut off shows no alert.
    case CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
        text.contains("alert") || text.contains("certificate") || text.contains("protocol")
            ? .untrusted(text) : .broken(text)
    default: .broken(text)
    }
}

private typealias Context = UnsafeMutableRawPointer

private func running(_ context: Context?) -> Running? {
    context.map { Unmanaged<Running>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveBytes(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: Context?
) -> Int {
    guard let running = running(context) else { return 0 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return running.receive(buffer) ? buffer.count : 0
}

private func provideBytes(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: Context?
) -> Int {
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return running(context)?.provide(into: buffer) ?? Int(CURL_READFUNC_ABORT)
}

private func seekBytes(_ context: Context?, _ offset: curl_off_t, _ origin: CInt) -> CInt {
    guard origin == SEEK_SET, let running = running(context) else { return CURL_SEEKFUNC_CANTSEEK }
    return running.seek(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}
