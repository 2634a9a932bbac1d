import ErgonCoordinator
import ErgonModel
import Testing

@testable import ErgonCoordinatorService

@Suite("the board") struct BoardTests {
    private let board = Board()

    private func at(_ milliseconds: Int64) -> Instant {
        Instant(microseconds: milliseconds * 1000)
    }

    private func isShown(_ milliseconds: Int64, changes: Int = 0) -> Bool {
        board.state(now: at(milliseconds), changes: changes) != nil
    }

    @Test func `shows nothing before there is something`() {
        #expect(!isShown(0))
    }

    @Test func `shows a state for half a second, and not before its time`() {
        board.post(Coordinator(), now: at(1000), changes: 0)
        #expect(isShown(1000) && isShown(1499))
        #expect(!isShown(1500) && !isShown(999))
    }

    @Test func `does not show what lacks something that somebody did`() {
        board.post(Coordinator(), now: at(0), changes: 3)
        #expect(isShown(1, changes: 3) && !isShown(1, changes: 4))
    }

    @Test func `wants a new state ten times a second while somebody asks`() {
        #expect(!board.isDue(now: at(0)))
        _ = isShown(1000)
        #expect(board.isDue(now: at(1000)))
        board.post(Coordinator(), now: at(1000), changes: 0)
        #expect(!board.isDue(now: at(1099)) && board.isDue(now: at(1100)))
        // A clock that was set back.
        #expect(board.isDue(now: at(900)))
        #expect(!board.isDue(now: at(3000)))
    }

    @Test func `keeps no state that nobody asks for`() {
        board.post(Coordinator(), now: at(0), changes: 0)
        _ = isShown(0)
        board.clear(unlessWantedAt: at(100))
        #expect(isShown(100))
        board.clear(unlessWantedAt: at(2100))
        #expect(!isShown(101))
    }
}

@Suite("the inbox") struct InboxTests {
    @Test func `counts what somebody did, and not what time and results bring`() {
        let inbox = CoordinatorInbox()
        inbox.push(.core(.tick))
        #expect(inbox.changes == 0)
        inbox.push(.core(.leaving(WorkerID("w1"))))
        inbox.push(.linkClosed(WorkerID("w1"), session: 1))
        #expect(inbox.changes == 2)
        let group = inbox.takeAll()
        #expect(group.news.count == 3 && group.changes == 2)
        #expect(inbox.changes == 2)
    }

    @Test func `shows nothing once it is closed`() async {
        let inbox = CoordinatorInbox()
        inbox.close()
        guard case .failure(.isStopping) = await inbox.look() else {
            Issue.record("there is a state")
            return
        }
    }
}
