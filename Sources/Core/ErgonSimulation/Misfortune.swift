import ErgonModel

/// What goes wrong by itself, from time to time, until the calm.
extension World {
    mutating func failSomehow() {
        guard !isCalm else { return }
        later(.somethingFails, 1000...Int(2 * profile.faultPeriod))
        switch dice.roll(1...100) {
        case 1...12:
            if let index = pickWorker() {
                counts[.workerCrash] += 1
                killWorker(index)
            }
        case 13...18:
            guard coordinator != nil else { break }
            counts[.coordinatorCrash] += 1
            endCoordinator(losingPower: false)
        case 19...21: endCoordinator(losingPower: true)
        case 22...44:
            guard let link = dice.pick(openLinks) else { break }
            counts[.connectionBreak] += 1
            breakLink(
                link, up: dice.happens(1, in: 3), worker: 0...500_000, coordinator: 0...500_000)
        case 45...56: openHalf()
        case 57...64: cutOff()
        case 65...73: setClock()
        case 74...77: spoilWorker()
        case 78: forsake()
        default: spoilDisk()
        }
    }

    /// The report is on its way while the worker already comes back, as itself or as a new process.
    mutating func breakAfterReport(_ link: Int) {
        let index = links[link].worker
        guard !isCalm, workers[index].link == link else { return }
        if dice.happens(1, in: 2) {
            counts[.workerCrash] += 1
            killWorker(index, isReportOnItsWay: true)
        } else {
            counts[.connectionBreak] += 1
            breakLink(link, up: true, worker: 0...100_000, coordinator: 4_000_000...10_000_000)
        }
    }

    private mutating func pickWorker() -> Int? {
        dice.pick(workers.indices.filter { workers[$0].process != nil })
    }

    /// One side takes the stream for open long after it has ended for the other, at times longer
    /// than the coordinator waits for anybody.
    private mutating func openHalf() {
        guard let link = dice.pick(openLinks) else { return }
        counts[.halfOpen] += 1
        trace.note(now, "half-open", [link])
        let (soon, late) = (0...100_000, 2_000_000...60_000_000)
        if dice.happens(1, in: 2) {
            breakLink(link, up: dice.happens(1, in: 2), worker: soon, coordinator: late)
        } else {
            breakLink(link, worker: late, coordinator: soon)
        }
    }

    private mutating func cutOff() {
        guard let index = pickWorker(), !workers[index].isCutOff else { return }
        counts[.partition] += 1
        cutOff(index, for: 500_000...60_000_000)
    }

    private mutating func cutOff(_ index: Int, for span: ClosedRange<Int>) {
        trace.note(now, "cut off", [index])
        workers[index].isCutOff = true
        if let link = workers[index].link {
            breakLink(link, worker: 1_000_000...20_000_000, coordinator: 1_000_000...20_000_000)
        }
        later(.cutOffEnds(index), span)
    }

    /// A day without the coordinator goes by on the worker's machine.
    private mutating func forsake() {
        guard let index = pickWorker(), !workers[index].isCutOff else { return }
        counts[.forsaken] += 1
        cutOff(index, for: 25_000_000...60_000_000)
        later(.dayPasses(index), 21_000_000...24_000_000)
    }

    /// Nothing is wrong with it but that nothing works.
    private mutating func spoilWorker() {
        guard let index = pickWorker(), !workers[index].isBlackHole else { return }
        counts[.blackHole] += 1
        trace.note(now, "black hole", [index])
        workers[index].isBlackHole = true
        later(.blackHoleEnds(index), 1_000_000...60_000_000)
    }

    private mutating func setClock() {
        let isForward = dice.happens(1, in: 2)
        counts[isForward ? .clockForward : .clockBack] += 1
        let longest = [3_000_000, 120_000_000, 6 * 3_600_000_000]
        let step = span(1000...longest[dice.roll(0...2)])
        let place = dice.roll(0...workers.count)
        trace.note(now, "clock", [place, isForward ? Int(step) : -Int(step)])
        if place == workers.count {
            coordinatorClock += isForward ? step : -step
        } else {
            workers[place].clock += isForward ? step : -step
        }
    }

    private mutating func spoilDisk() {
        var span = 100_000...5_000_000
        switch dice.roll(1...6) {
        case 6: return disk.rotSnapshot()
        case 1: disk.weather.failures = dice.roll(20...400)
        case 2: disk.weather.crashes = dice.roll(10...200)
        case 3:
            counts[.lowDisk] += 1
            disk.weather.isLow = true
            span = 500_000...8_000_000
        default:
            disk.weather.isFull = true
            disk.weather.isLow = dice.happens(1, in: 2)
            span = 100_000...(dice.happens(1, in: 6) ? 20_000_000 : 3_000_000)
        }
        trace.note(
            now, "disk",
            [
                disk.weather.failures, disk.weather.crashes, disk.weather.isFull ? 1 : 0,
                disk.weather.isLow ? 1 : 0,
            ])
        later(.diskRecovers, span)
    }
}
