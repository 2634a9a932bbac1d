import CCurl
import ErgonModel

/// Sets options on one handle and remembers the first that libcurl refused.
struct EasyOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var refused = CURLE_OK

    /// Seconds until a connection must stand.
    private static let connectTimeout = 10
    /// Seconds without a byte after which a transfer counts as stalled.
    private static let stallTimeout = 60
    private static let mostRedirects = 8

    init(_ easy: UnsafeMutableRawPointer) { self.easy = easy }

    mutating func check(_ code: CURLcode) { if refused == CURLE_OK { refused = code } }

    mutating func set(_ option: CURLoption, _ value: Int) {
        check(ergon_curl_set_long(easy, option, value))
    }
    mutating func set(_ option: CURLoption, offset: Int) {
        check(ergon_curl_set_offset(easy, option, curl_off_t(offset)))
    }
    /// - Parameter text: `nil` takes the default away.
    mutating func set(_ option: CURLoption, _ text: String?) {
        check(ergon_curl_set_string(easy, option, text))
    }
    mutating func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
        check(ergon_curl_set_pointer(easy, option, pointer))
    }

    /// - Parameter list: must outlive the transfer.
    mutating func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) {
        check(ergon_curl_set_list(easy, option, list))
    }

    mutating func set(_ exchange: Exchange) {
        set(CURLOPT_URL, exchange.url)
        set(CURLOPT_PROTOCOLS_STR, "https")
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT, Self.connectTimeout)
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, Self.stallTimeout)
        setTrust(exchange.peer)
        // What a header proves is for nobody but the one it was meant for.
        if !exchange.headers.isEmpty { set(CURLOPT_FOLLOWLOCATION, 0) }
        switch exchange.work {
        case .look: set(CURLOPT_NOBODY, 1)
        case .read: set(CURLOPT_PROTOCOLS_STR, "http,https")
        case .fetch(let file):
            let length = file.length
            if length > 0 { set(CURLOPT_RANGE, "\(length)-") }
        case .send: break
        case .post(let bytes):
            set(CURLOPT_PROTOCOLS_STR, "http,https")
            set(CURLOPT_POSTFIELDSIZE, bytes.count)
            // Copied at once; it may be anything.
            var copy = bytes
            copy.withUnsafeMutableBytes { buffer in
                guard let start = buffer.baseAddress else { return }
                check(ergon_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start))
            }
        }
    }

    private mutating func setTrust(_ peer: Exchange.Peer) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        // A resumed session would not show certificates again.
        set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        switch peer {
        case .endpoint(let endpoint, _):
            set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3)
            setOnlyAuthority(endpoint.authorityPath)
            set(CURLOPT_SSLCERT, endpoint.certificatePath)
            set(CURLOPT_SSLKEY, endpoint.keyPath)
            set(CURLOPT_PROXY, "")
        case .url(_, let authority):
            set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
            if let authority { setOnlyAuthority(authority) }
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_MAXREDIRS, Self.mostRedirects)
            set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        }
    }

    /// libcurl would trust the system's folder of authorities beside any file it is given.
    private mutating func setOnlyAuthority(_ path: String) {
        set(CURLOPT_CAINFO, path)
        set(CURLOPT_CAPATH, nil)
    }
}
