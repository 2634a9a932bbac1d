import ErgonModel

/// What will happen, in the order of its time; what was put down first comes first at equal times.
struct Agenda<Entry> {
    private var heap: [(time: Int64, serial: Int, entry: Entry)] = []
    private var lastSerial = 0

    var isEmpty: Bool { heap.isEmpty }

    /// - Parameter time: in microseconds since the simulation began.
    mutating func add(_ entry: Entry, at time: Int64) {
        lastSerial += 1
        heap.append((time, lastSerial, entry))
        var child = heap.count - 1
        while child > 0, comes(child, before: (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int64, entry: Entry)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.time, first.entry) }
        heap[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            var least = parent
            if left < heap.count, comes(left, before: least) { least = left }
            if left + 1 < heap.count, comes(left + 1, before: least) { least = left + 1 }
            if least == parent { return (first.time, first.entry) }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func comes(_ left: Int, before right: Int) -> Bool {
        (heap[left].time, heap[left].serial) < (heap[right].time, heap[right].serial)
    }
}
