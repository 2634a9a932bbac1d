import CCurl
import Synchronization

/// What callers ask of the transfer thread: the one thing both sides touch.
final class Mailbox: Sendable {
    struct Order: Sendable {
        var id: Int
        var exchange: Exchange
        var reply: CheckedContinuation<Result<Answer, TransferFault>, Never>
    }

    /// What the thread finds when it looks.
    struct News {
        var orders: [Order] = []
        /// Orders that nobody waits for any more; some may have ended already.
        var cancelled: [Int] = []
        var isClosed = false
    }

    private struct State {
        var waiting: [Order] = []
        var cancelled: [Int] = []
        var lastID = 0
        var isClosed = false
    }

    /// How many orders may wait for their turn.
    private let capacity: Int
    private let state = Mutex(State())
    /// libcurl's handle. Only its wake-up may be called from other threads than the transfer
    /// thread. It lives as long as the last who can wake it.
    private let address: UInt

    init(capacity: Int) {
        guard let multi = ergon_curl_multi_init() else {
            preconditionFailure("no memory for libcurl")
        }
        address = UInt(bitPattern: multi)
        self.capacity = capacity
    }

    deinit { ergon_curl_multi_cleanup(multi) }

    var multi: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: address) }

    func nextID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Answers at once if the queue is full.
    func submit(_ order: Order) {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.waiting.count < capacity else { return false }
            state.waiting.append(order)
            return true
        }
        guard isTaken else {
            let fault = TransferFault(.busy(waiting: capacity), at: order.exchange.place)
            return order.reply.resume(returning: .failure(fault))
        }
        ergon_curl_multi_wakeup(multi)
    }

    func cancel(_ id: Int) {
        state.withLock { $0.cancelled.append(id) }
        ergon_curl_multi_wakeup(multi)
    }

    func close() {
        state.withLock { $0.isClosed = true }
        ergon_curl_multi_wakeup(multi)
    }

    /// - Parameter room: how many orders the thread can start; after closing it gets all.
    func collect(room: Int) -> News {
        state.withLock { state in
            let count = state.isClosed ? state.waiting.count : min(room, state.waiting.count)
            let ended = state.waiting.filter { state.cancelled.contains($0.id) }
            state.waiting.removeAll { order in ended.contains { $0.id == order.id } }
            let news = News(
                orders: ended + state.waiting.prefix(count), cancelled: state.cancelled,
                isClosed: state.isClosed)
            state.waiting.removeFirst(min(count, state.waiting.count))
            state.cancelled = []
            return news
        }
    }
}
