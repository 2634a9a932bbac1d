import Testing

@testable import ErgonWorkerService

@Test func `waits double up to the longest, from half of it on, and start over`() {
    var waits = Waits(first: .seconds(1), longest: .seconds(5))
    for ceiling in [1.0, 2, 4, 5, 5] {
        #expect(waits.isFirst == (ceiling == 1))
        let wait = waits.next()
        #expect(wait >= .seconds(ceiling / 2) && wait <= .seconds(ceiling))
    }
    waits.startOver()
    #expect(waits.isFirst && waits.next() <= .seconds(1))
}
