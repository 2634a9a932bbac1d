import ErgonModel
import ErgonSystem
import ErgonWorker
import Testing

@testable import ErgonWorkerService

/// Threads that post while one takes.
@Suite(.timeLimit(.minutes(1)))
struct InboxTests {
    @Test func `all that is posted is heard, each from one in its order`() {
        let (inbox, senders, each) = (WorkerInbox(), 4, 2000)
        for sender in 0..<senders {
            startThread {
                for number in 0..<each { inbox.post(.dataPort(sender * each + number)) }
            }
        }
        let poll = Poll()
        let isAdded = poll.add(inbox.bell.descriptor, token: 0)
        #expect(isAdded)
        var heard = Array(repeating: [Int](), count: senders)
        while heard.map(\.count).reduce(0, +) < senders * each {
            _ = poll.wait(nil)
            for case .dataPort(let number) in inbox.take() {
                heard[number / each].append(number % each)
            }
        }
        #expect(heard == Array(repeating: Array(0..<each), count: senders))
        // Nothing rings when there is no news.
        let rings = poll.wait(.zero)
        #expect(rings.isEmpty)
    }
}
