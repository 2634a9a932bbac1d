import ErgonModel

// What a worker's meter told, in a snapshot.

extension SnapshotWriter {
    mutating func writeMeter(of worker: WorkerState) {
        write(worker.account)
        let meter = worker.meter
        for energy in [
            meter.energy, meter.dynamic, meter.idle, meter.unallocated, meter.remainder,
        ] {
            write(energy.microjoules)
        }
        write(meter.metered)
        write(meter.dropped)
        write(meter.gaps)
        write(worker.meterSource) { $0.write($1.rawValue) }
        write(worker.unclaimed.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key.number)
            writer.write(entry.value.microjoules)
        }
        write(worker.intervals) { writer, id in
            writer.write(id.life)
            writer.write(id.batch)
        }
    }
}

extension SnapshotReader {
    mutating func readMeter(of worker: inout WorkerState) throws(ReplayFault) {
        worker.account = try account()
        worker.meter.energy = try joules()
        worker.meter.dynamic = try joules()
        worker.meter.idle = try joules()
        worker.meter.unallocated = try joules()
        worker.meter.remainder = try joules()
        worker.meter.metered = try span()
        worker.meter.dropped = try span()
        worker.meter.gaps = try count()
        worker.meterSource = try optional { reader throws(ReplayFault) in
            try reader.meterSource()
        }
        let unclaimed = try list { reader throws(ReplayFault) in
            (id: CampaignID(try reader.count()), energy: try reader.joules())
        }
        worker.unclaimed = Dictionary(unclaimed.map { ($0.id, $0.energy) }) { $1 }
        worker.intervals = try list { reader throws(ReplayFault) in
            ReportID(life: try reader.count(), batch: try reader.count())
        }
    }

    mutating func meterSource() throws(ReplayFault) -> MeterSource {
        guard let source = MeterSource(rawValue: try text()) else { throw refuse() }
        return source
    }

    private mutating func joules() throws(ReplayFault) -> Joules {
        Joules(microjoules: try int64())
    }
}
