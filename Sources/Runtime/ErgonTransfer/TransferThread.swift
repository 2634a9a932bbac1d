import CCurl
import ErgonSystem

/// Runs every transfer of one client on a thread of its own: libcurl's handles have one owner, and
/// its waits hold up nobody else.
final class TransferThread {
    private let mailbox: Mailbox
    private let concurrency: Int
    private var running: [UnsafeMutableRawPointer: Running] = [:]
    /// libcurl wakes by itself when something happens; this is only the longest it sleeps, in ms.
    private static let longestSleep: CInt = 60_000

    private init(_ mailbox: Mailbox, concurrency: Int) {
        self.mailbox = mailbox
        self.concurrency = concurrency
    }

    /// The thread ends after `mailbox.close()`.
    static func start(_ mailbox: Mailbox, concurrency: Int) {
        startThread { TransferThread(mailbox, concurrency: concurrency).run() }
    }

    private func run() {
        ergon_curl_multi_set_long(mailbox.multi, CURLMOPT_MAXCONNECTS, concurrency)
        while true {
            let news = mailbox.collect(room: concurrency - running.count)
            if news.isClosed { return close(news.orders) }
            for order in news.orders {
                start(order, isCancelled: news.cancelled.contains(order.id))
            }
            for id in news.cancelled { cancel(id) }
            var active: CInt = 0
            ergon_curl_multi_perform(mailbox.multi, &active)
            if finishEnded() == 0 {
                ergon_curl_multi_poll(mailbox.multi, Self.longestSleep)
            }
        }
    }

    private func start(_ order: Mailbox.Order, isCancelled: Bool) {
        do throws(TransferFault) {
            guard !isCancelled else { throw TransferFault(.cancelled, at: order.exchange.place) }
            let transfer = try Running(order)
            running[transfer.easy] = transfer
            ergon_curl_multi_add_handle(mailbox.multi, transfer.easy)
        } catch {
            order.reply.resume(returning: .failure(error))
        }
    }

    private func cancel(_ id: Int) {
        for transfer in running.values where transfer.order.id == id { end(transfer, .cancelled) }
    }

    /// - Returns: how many have ended.
    private func finishEnded() -> Int {
        var (ended, left): (Int, CInt) = (0, 0)
        while let message = ergon_curl_multi_info_read(mailbox.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = running.removeValue(forKey: easy)
            else { continue }
            let code = message.pointee.data.result
            ergon_curl_multi_remove_handle(mailbox.multi, easy)
            transfer.order.reply.resume(returning: transfer.result(of: code))
            ended += 1
        }
        return ended
    }

    private func end(_ transfer: Running, _ cause: TransferFault.Cause) {
        running[transfer.easy] = nil
        ergon_curl_multi_remove_handle(mailbox.multi, transfer.easy)
        let fault = TransferFault(cause, at: transfer.order.exchange.place)
        transfer.order.reply.resume(returning: .failure(fault))
    }

    private func close(_ waiting: [Mailbox.Order]) {
        for transfer in running.values { end(transfer, .cancelled) }
        for order in waiting { start(order, isCancelled: true) }
    }
}
