import ErgonModel

/// What kind of world a seed makes.
struct Profile {
    let workers: Int
    /// Steps during which things go wrong.
    let operations: Int
    let grace: Microseconds
    let segmentSize: Int
    /// Of attempts, in percent.
    let failureRate: Int
    /// Of attempts, in percent.
    let stragglerRate: Int
    /// Of tasks, in percent: whatever worker starts one of them dies.
    let poisonRate: Int
    /// Mean time between two faults, in microseconds; 0 in a world without any.
    let faultPeriod: Int64
    /// Mean time between two interventions of people, in microseconds; 0 where nobody intervenes.
    let interventionPeriod: Int64
    /// Of ten workers, how many are gone for good in the end.
    let leaversInTen: Int
    /// Whether the coordinator asks for plans, and gets absurd ones.
    let followsPlans: Bool

    init(seed: UInt64, dice: inout Dice, operations: Int, isCalm: Bool) {
        workers = dice.roll(1...5)
        grace = .seconds(dice.span(3...15))
        segmentSize = [600, 3000, 1 << 20][dice.roll(0...2)]
        let (failures, stragglers) = (
            [0, 10, 30, 60][dice.roll(0...3)], [0, 2, 10][dice.roll(0...2)]
        )
        let poison = [0, 0, 5][dice.roll(0...2)]
        let period = dice.span(100_000...1_500_000)
        let isLeftAlone = dice.happens(1, in: 5)
        let interventions = isLeftAlone ? 0 : dice.span(1_000_000...10_000_000)
        let leavers = dice.roll(0...4)
        followsPlans = seed % 4 == 0
        self.operations = isCalm ? 1 : operations
        failureRate = isCalm ? 0 : failures
        stragglerRate = isCalm ? 0 : stragglers
        poisonRate = isCalm ? 0 : poison
        faultPeriod = isCalm ? 0 : period
        interventionPeriod = isCalm ? 0 : interventions
        leaversInTen = isCalm ? 0 : leavers
    }
}
