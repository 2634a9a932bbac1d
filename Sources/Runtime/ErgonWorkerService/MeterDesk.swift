import CLinux
import ErgonEnergy
import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc
import Logging

/// Reads the node's meter: often enough for its counters, and so seldom that nobody notices.
struct MeterDesk {
    private var meter: NodeMeter
    private let times = ProcessTimes()
    /// None where the worker may not make any.
    private var groups = TaskGroups()
    /// Of the whole node.
    let cores: Int
    /// Since when nothing was told: by the day's clock, by the other, and what the node's
    /// programs had taken then.
    private var since: (time: Instant, uptime: Microseconds, busy: Microseconds?)
    /// When it was read last, and what of a processor's time that took.
    private var read: (at: Microseconds, took: Microseconds)
    /// How long it may stay unread while nothing runs.
    private var idlePeriod = MeterDesk.usualPeriod

    /// How often it is read while tasks run, if that costs little.
    private static let usualPeriod = Microseconds.seconds(1)
    /// Counters start anew after 33 s of the greatest power (`EnergyCounter`).
    private static let longestPeriod = Microseconds.seconds(30)
    /// Whoever wants it read for a report waits at least that long after the last time.
    private static let shortestPeriod = Microseconds(20_000)
    /// Reading may take the four-hundredth part of one core's time.
    private static let rarity = 400

    /// - Returns: `nil` if there is nothing to read, or another worker of this node reads it: one
    ///   node's energy is told once.
    static func open(_ settings: NodeMeter.Settings, logger: Logger) -> MeterDesk? {
        let reading = settings.command.map { CommandReading(running: $0, logger: logger) }
        var meter = NodeMeter(
            settings, reading: reading, gpus: settings.root.isEmpty ? GPUDriver() : nil)
        if !meter.begin(at: steadyClock()) {
            guard settings.namesOne else {
                logger.info("no meter tells; energy is modelled")
                return nil
            }
            logger.warning("the meter does not tell; energy is modelled until it does")
        }
        guard claim(settings.root) else {
            logger.notice("another worker of this node reads its meter; energy is modelled here")
            return nil
        }
        guard let cores = nodeThreads() else { return nil }
        return MeterDesk(meter, cores: cores)
    }

    private static func nodeThreads() -> Int? {
        do throws(HostFault) { return try readHostFacts(root: "").nodeThreads } catch { return nil }
    }

    /// For as long as this process runs.
    private static func claim(_ root: String) -> Bool {
        var status = stat()
        guard stat(root.isEmpty ? "/" : root, &status) == 0 else { return false }
        return ergon_claim("ergon-meter-\(status.st_dev)-\(status.st_ino)") >= 0
    }

    private init(_ meter: NodeMeter, cores: Int) {
        self.meter = meter
        self.cores = cores
        let now = steadyClock()
        since = (systemClock(), now, times.ofNode())
        read = (now, .zero)
    }

    /// When it is to be read again at the latest.
    var due: Microseconds { read.at + max(idlePeriod, read.took * Self.rarity) }

    /// - Parameters:
    ///   - isAsked: somebody wants it for a report.
    ///   - running: what attempts that run have taken so far, which takes time to find out.
    /// - Returns: `nil` if it is too soon, or it has not moved.
    mutating func sample(
        isAsked: Bool, running: () -> [Worker.Attempt: Running]
    ) -> Worker.MeterSample? {
        let (start, before) = (steadyClock(), threadTime())
        let pause = max(Self.shortestPeriod, read.took * Self.rarity)
        guard !isAsked || read.at + pause <= start else { return nil }
        defer { read = (start, Microseconds(threadTime().count - before.count)) }
        guard let reading = meter.sample(at: start) else { return nil }
        let cpu = taken(by: running(), at: start)
        idlePeriod = cpu.isEmpty ? min(idlePeriod * 2, Self.longestPeriod) : Self.usualPeriod
        let busy = times.ofNode()
        defer { since = (systemClock(), start, busy) }
        return Worker.MeterSample(
            began: since.time, length: Microseconds(start.count - since.uptime.count),
            reading: reading, cpu: cpu, busy: taken(busy))
    }

    private func taken(_ busy: Microseconds?) -> Microseconds {
        guard let busy, let before = since.busy else { return .zero }
        return Microseconds(max(busy.count - before.count, 0))
    }

    /// What works for an attempt.
    enum Running {
        /// Started for it, and all that it starts.
        case process(CInt)
        /// It has worked for others before.
        case warm(CInt, spent: Microseconds)
    }

    private mutating func taken(
        by running: [Worker.Attempt: Running], at time: Microseconds
    ) -> [Worker.Attempt: Microseconds] {
        groups?.forget { running[$0] == nil }
        var cpu: [Worker.Attempt: Microseconds] = [:]
        for (attempt, what) in running {
            switch what {
            case .process(let process):
                cpu[attempt] =
                    groups?.taken(by: attempt, process, at: time) ?? times.ofTree(of: process)
            case .warm(let process, let spent):
                let all = cpuTime(of: process) ?? .zero
                cpu[attempt] = Microseconds(max(all.count - spent.count, 0))
            }
        }
        return cpu
    }

    mutating func end() { groups?.forget { _ in true } }
}

extension ProcessTimes {
    /// What a process has taken, and all that it started and that has not lost its parents.
    func ofTree(of process: CInt) -> Microseconds {
        (cpuTime(of: process) ?? .zero) + ofChildren(of: Int(process))
    }
}

extension WorkerLoop {
    mutating func readMeter(isAsked: Bool) -> Worker.MeterSample? {
        guard var desk else { return nil }
        defer { self.desk = desk }
        let (crew, processes) = (crew, launcher.processes)
        return desk.sample(isAsked: isAsked) {
            var running: [Worker.Attempt: MeterDesk.Running] = [:]
            for (process, attempt) in processes {
                if let warm = crew[process] {
                    if let attempt = warm.attempt {
                        running[attempt] = .warm(process, spent: warm.spent)
                    }
                } else {
                    running[attempt] = .process(process)
                }
            }
            return running
        }
    }
}

extension CommandReading {
    /// How often the command is run.
    private static let period: CUnsignedInt = 10

    /// Runs a command of the site again and again, for as long as this process lives.
    convenience init(running command: String, logger: Logger) {
        self.init()
        refresh(command, logger: logger)
        startThread { [self] in
            while true {
                sleep(Self.period)
                refresh(command, logger: logger)
            }
        }
    }

    private func refresh(_ command: String, logger: Logger) {
        guard let output = popen(command, "re") else { return clear() }
        var buffer = [CChar](repeating: 0, count: 256)
        let line = fgets(&buffer, CInt(buffer.count), output).map { String(cString: $0) }
        while fgets(&buffer, CInt(buffer.count), output) != nil {}
        guard pclose(output) == 0, let line, put(line, at: steadyClock()) else {
            logger.warning("the meter's command does not print `NUMBER UNIT`")
            return clear()
        }
    }
}
