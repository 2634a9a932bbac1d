import CCurl
package import ErgonModel
import Glibc
import Synchronization

/// Moves content in and out over HTTPS, each piece checked against its digest.
///
/// At most `concurrency` transfers run at once, on connections that are kept for the next; up to
/// `queue` more wait in order of arrival, and beyond that a call fails as `.busy`. What may pass is
/// tried again with `patience`. Cancelling the calling task breaks its transfer off.
package final class TransferClient: Sendable {
    private let concurrency: Int
    private let queue: Int
    private let patience: Patience
    /// Made with the first transfer: most commands never have one, and libcurl takes its time.
    private let opened = Mutex<Mailbox?>(nil)

    /// libcurl is loaded once in a process.
    private static let isReady = ergon_curl_load() == CURLE_OK

    package init(concurrency: Int = 8, queue: Int = 1024, patience: Patience = Patience()) {
        precondition(concurrency > 0 && patience.tries > 0, "\(concurrency) at once, \(patience)")
        self.concurrency = concurrency
        self.queue = queue
        self.patience = patience
    }

    deinit { opened.withLock { $0?.close() } }

    private var mailbox: Mailbox {
        opened.withLock { opened in
            if let opened { return opened }
            precondition(Self.isReady, "libcurl.so.4 cannot be loaded")
            let mailbox = Mailbox(capacity: queue)
            TransferThread.start(mailbox, concurrency: concurrency)
            opened = mailbox
            return mailbox
        }
    }

    /// Downloads `file` to `path`, over `path.part`; goes on where a broken connection or an
    /// earlier call stopped. Only one call at a time may write to one path.
    /// - Throws: `.wrongDigest` or `.wrongSize` after removing what came; `.missing`; anything the
    ///   network or the disk can do.
    package func fetch(
        _ file: Digest, size: ByteCount, from endpoint: Endpoint, to path: String
    ) async throws(TransferFault) {
        let peer = Exchange.Peer.content(file, at: endpoint)
        try await download(peer, file, exactly: size, limit: size, to: path)
    }

    /// Downloads one file that a manifest names by URL. Follows redirects to `https` only.
    /// - Parameters:
    ///   - limit: the most that is accepted.
    ///   - authority: a PEM file to trust instead of the system's list, for stores that have an
    ///     authority of their own.
    /// - Throws: `.forbiddenURL` if it is not `https`; otherwise as `fetch`.
    package func fetchURL(
        _ url: String, expecting digest: Digest, limit: ByteCount, to path: String,
        authority: String? = nil
    ) async throws(TransferFault) {
        guard url.lowercased().hasPrefix("https://") else {
            throw TransferFault(.forbiddenURL, at: url)
        }
        let peer = Exchange.Peer.url(url, authority: authority)
        try await download(peer, digest, exactly: nil, limit: limit, to: path)
    }

    /// What a server says of itself, such as how clean its power is. Nothing proves it, so that
    /// `http` will do as well; nobody is redirected who sends headers.
    /// - Parameters:
    ///   - headers: sent along, a line each.
    ///   - limit: the most that is accepted.
    ///   - authority: as for `fetchURL`.
    package func read(
        _ url: String, headers: [String] = [], limit: ByteCount, authority: String? = nil
    ) async throws(TransferFault) -> [UInt8] {
        let work = Exchange.Work.read(limit: Int(limit.bytes))
        return try await read(
            Exchange(peer: .url(url, authority: authority), work: work, headers: headers))
    }

    /// What a coordinator has under a path; whether it is to be believed is the caller's business.
    /// - Parameter limit: the most that is accepted.
    package func read(
        _ path: String, from endpoint: Endpoint, limit: ByteCount
    ) async throws(TransferFault) -> [UInt8] {
        let work = Exchange.Work.read(limit: Int(limit.bytes))
        return try await read(Exchange(peer: .endpoint(endpoint, path: path), work: work))
    }

    private func read(_ exchange: Exchange) async throws(TransferFault) -> [UInt8] {
        try await persist { () async throws(TransferFault) in
            let answer = try await self.perform(exchange)
            guard answer.status == 200 else { throw answer.fault(at: exchange.place) }
            return answer.body
        }
    }

    /// True if `endpoint` holds the content.
    package func has(_ file: Digest, at endpoint: Endpoint) async throws(TransferFault) -> Bool {
        try await persist { () async throws(TransferFault) in
            let exchange = Exchange(peer: .content(file, at: endpoint), work: .look)
            let answer = try await self.perform(exchange)
            switch answer.status {
            case 200: return true
            case 404: return false
            default: throw answer.fault(at: exchange.place)
            }
        }
    }

    /// Uploads the file at `path`, unless `endpoint` has it. The receiver checks the digest.
    package func put(
        path: String, digest: Digest, to endpoint: Endpoint
    ) async throws(TransferFault) {
        try await put(.file(path: path), digest, endpoint)
    }

    /// Uploads `bytes`, unless `endpoint` has them. The receiver checks the digest.
    package func put(
        bytes: [UInt8], digest: Digest, to endpoint: Endpoint
    ) async throws(TransferFault) {
        try await put(.bytes(bytes), digest, endpoint)
    }

    /// Posts a little, tries once, and returns what comes back, whatever it says. What is said
    /// must prove itself: `http` will do as well.
    /// - Parameter type: the media type of what is posted; libcurl's own if there is none.
    /// - Returns: the body; at most 64 KiB of it.
    package func post(
        _ bytes: [UInt8], to url: String, type: String? = nil
    ) async throws(TransferFault) -> (status: Int, body: [UInt8]) {
        let exchange = Exchange(
            peer: .url(url, authority: nil), work: .post(bytes),
            headers: type.map { ["Content-Type: \($0)"] } ?? [])
        let answer = try await perform(exchange)
        return (answer.status, answer.body)
    }

    private func put(
        _ upload: Upload, _ digest: Digest, _ endpoint: Endpoint
    ) async throws(TransferFault) {
        if try await has(digest, at: endpoint) { return }
        let exchange = Exchange(peer: .content(digest, at: endpoint), work: .send(upload))
        try await persist { () async throws(TransferFault) in
            let answer = try await self.perform(exchange)
            guard [200, 201, 204].contains(answer.status) else {
                throw answer.fault(at: exchange.place)
            }
        }
    }

    private func download(
        _ peer: Exchange.Peer, _ digest: Digest, exactly size: ByteCount?, limit: ByteCount,
        to path: String
    ) async throws(TransferFault) {
        let file = try PartialFile(path: path, limit: limit)
        try await file.takeUp()
        let exchange = Exchange(peer: peer, work: .fetch(file))
        if size?.bytes != Int64(file.length) { try await downloadRest(exchange, file) }
        if let size, size.bytes != Int64(file.length) {
            file.discard()
            let found = ByteCount(Int64(file.length))
            throw TransferFault(.wrongSize(expected: size, found: found), at: exchange.place)
        }
        try file.finish(expecting: digest, from: exchange.place)
    }

    private func downloadRest(_ exchange: Exchange, _ file: PartialFile) async throws(TransferFault)
    {
        do throws(TransferFault) {
            try await persist { () async throws(TransferFault) in
                var answer = try await self.perform(exchange)
                if answer.status == 416 {
                    // Nothing follows what we have: it cannot be the start of this content.
                    try file.startOver()
                    answer = try await self.perform(exchange)
                }
                guard [200, 206].contains(answer.status) else {
                    throw answer.fault(at: exchange.place)
                }
            }
        } catch {
            if case .tooLarge = error.cause { file.discard() }
            throw error
        }
    }

    /// Tries until it succeeds, cannot, or patience ends.
    private func persist<Value>(
        _ attempt: () async throws(TransferFault) -> Value
    ) async throws(TransferFault) -> Value {
        var failures = 0
        while true {
            do throws(TransferFault) {
                return try await attempt()
            } catch {
                failures += 1
                guard error.mayPass, failures < patience.tries else { throw error }
                let pause = patience.pause(after: failures, luck: .random(in: 0...1))
                guard (try? await Task.sleep(for: pause)) != nil else {
                    throw TransferFault(.cancelled, at: error.place)
                }
            }
        }
    }

    private func perform(_ exchange: Exchange) async throws(TransferFault) -> Answer {
        let (mailbox, id) = (mailbox, mailbox.nextID())
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                mailbox.submit(Mailbox.Order(id: id, exchange: exchange, reply: reply))
                // A cancellation before the order was in the box has found nothing to cancel.
                if Task.isCancelled { mailbox.cancel(id) }
            }
        } onCancel: {
            mailbox.cancel(id)
        }
        return try result.get()
    }
}
