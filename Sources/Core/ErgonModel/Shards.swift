/// What one task of a step covers.
package struct Shard: Hashable, Sendable {
    /// Which of the files it reads: positions in the input, or task numbers of the earlier step.
    package var files: Range<Int>
    /// Events, lines or seeds, counted from 0 in the file or among the step's seeds; `nil` for
    /// whole files.
    package var range: Range<Int>?
    /// One value for each axis of the parameter grid.
    package var point: [String]
}

/// How task *i* of a step is derived: a few numbers, whatever the number of tasks.
package struct Shards: Hashable, Sendable {
    private enum Layout: Hashable, Sendable {
        case alone
        case whole(files: Int)
        case groups(total: Int, size: Int)
        case events(files: [Slice], size: Int)
        case ranges(total: Int, size: Int)
    }
    /// The events of one file, and the number of the first task that reads it.
    private struct Slice: Hashable, Sendable {
        var firstTask: Int
        var events: Range<Int>
    }

    /// The most tasks that a step can have at all.
    package static let limit = 1 << 40

    private var layout: Layout
    private var axes: [PointAxis]
    /// Tasks for one point of the grid.
    package private(set) var perPoint: Int
    /// Tasks in all.
    package private(set) var count: Int

    /// - Parameter upstream: for a step over an earlier step's output, the number of that step's
    ///   tasks, or the number of lines in its merged output where the step is split by lines.
    ///   `nil` comes back as long as it is needed and not known, and if there were more than
    ///   `limit` tasks.
    package init?(of step: StepSpec, in campaign: Campaign, upstream: Int?) {
        let files: [InputFile]
        if case .input(let name) = step.over {
            files = campaign.input(named: name)?.files ?? []
        } else {
            files = []
        }
        var isOverOutput = false
        if case .output = step.over { isOverOutput = true }
        guard !isOverOutput || upstream != nil else { return nil }

        switch step.split {
        case .single: layout = .alone
        case .all: layout = .whole(files: upstream ?? files.count)
        case .files(let size): layout = .groups(total: files.count, size: size)
        case .outputs(let size): layout = .groups(total: upstream ?? 0, size: size)
        case .lines(let size):
            layout =
                upstream.map { .ranges(total: $0, size: size) } ?? Self.events(of: files, nil, size)
        case .seeds(let total, let size, _): layout = .ranges(total: total, size: size)
        case .events(let size, let range): layout = Self.events(of: files, range, size)
        }
        axes = step.points
        perPoint = Self.count(of: layout)
        count = perPoint
        for axis in axes {
            let (product, isTooMuch) = count.multipliedReportingOverflow(by: axis.values.count)
            guard !isTooMuch else { return nil }
            count = product
        }
        guard count <= Self.limit else { return nil }
    }

    private static func events(of files: [InputFile], _ range: Range<Int>?, _ size: Int) -> Layout {
        var firstTask = 0
        let slices = files.map { file in
            let all = 0..<(file.events ?? 0)
            let slice = Slice(firstTask: firstTask, events: range?.clamped(to: all) ?? all)
            firstTask += ceilingDivision(slice.events.count, size)
            return slice
        }
        return .events(files: slices, size: size)
    }

    private static func count(of layout: Layout) -> Int {
        switch layout {
        case .alone, .whole: 1
        case .groups(let total, let size), .ranges(let total, let size):
            ceilingDivision(total, size)
        case .events(let files, let size):
            files.last.map { $0.firstTask + ceilingDivision($0.events.count, size) } ?? 0
        }
    }

    /// Points of the grid; 0 if they have no task.
    package var points: Int { perPoint == 0 ? 0 : count / perPoint }

    /// Whether coverage is stated for each point of the grid and each file, and not for all at once
    /// (`docs/LOG.md`, "Coverage"): the statement must not outgrow whoever makes it.
    package var isCoveredByPoint: Bool {
        var files = 1
        if case .events(let slices, _) = layout { files = slices.count }
        return points <= 4096 && (points == 1 || points * files <= 65_536)
    }

    /// - Precondition: `task` is in `0..<count`.
    package subscript(task: Int) -> Shard {
        precondition((0..<count).contains(task), "task \(task) of \(count)")
        let (point, part) = (task / perPoint, task % perPoint)
        switch layout {
        case .alone: return shard(0..<0, nil, point)
        case .whole(let files): return shard(0..<files, nil, point)
        case .groups(let total, let size):
            return shard(part * size..<min((part + 1) * size, total), nil, point)
        case .ranges(let total, let size):
            return shard(0..<1, part * size..<min((part + 1) * size, total), point)
        case .events(let files, let size):
            let file = Self.file(with: part, in: files)
            let first = files[file].events.lowerBound + (part - files[file].firstTask) * size
            let range = first..<min(first + size, files[file].events.upperBound)
            return shard(file..<file + 1, range, point)
        }
    }

    /// The tasks of one point of the grid that read a file, where each reads events of one.
    package func tasks(ofFile file: Int) -> Range<Int>? {
        guard case .events(let files, let size) = layout, files.indices.contains(file) else {
            return nil
        }
        let count = ceilingDivision(files[file].events.count, size)
        return files[file].firstTask..<files[file].firstTask + count
    }

    /// The last file whose first task is not beyond `part`: empty ones share theirs with the next.
    private static func file(with part: Int, in files: [Slice]) -> Int {
        var (low, high) = (0, files.count)
        while low < high {
            let middle = (low + high) / 2
            if files[middle].firstTask > part { high = middle } else { low = middle + 1 }
        }
        return low - 1
    }

    /// What consecutive tasks of one point of the grid read together: for a split by events a
    /// range of events for each file of the input, else one range of whatever the split counts.
    /// - Returns: in ascending order; `file` is the file's position, 0 where there is but one
    ///   source.
    package func reads(_ tasks: Range<Int>) -> [(file: Int, range: Range<Int>)] {
        guard !tasks.isEmpty else { return [] }
        let parts = tasks.lowerBound % perPoint..<(tasks.upperBound - 1) % perPoint + 1
        switch layout {
        case .alone: return [(0, 0..<1)]
        case .whole(let files): return [(0, 0..<files)]
        case .groups(let total, let size), .ranges(let total, let size):
            return [(0, parts.lowerBound * size..<min(parts.upperBound * size, total))]
        case .events(let files, let size):
            return files.enumerated().compactMap { position, slice in
                let count = ceilingDivision(slice.events.count, size)
                let own = parts.clamped(to: slice.firstTask..<slice.firstTask + count)
                guard !own.isEmpty else { return nil }
                let first = slice.events.lowerBound + (own.lowerBound - slice.firstTask) * size
                let end = slice.events.lowerBound + (own.upperBound - slice.firstTask) * size
                return (position, first..<min(end, slice.events.upperBound))
            }
        }
    }

    private func shard(_ files: Range<Int>, _ range: Range<Int>?, _ point: Int) -> Shard {
        var (rest, values): (Int, [String]) = (point, [])
        for axis in axes.reversed() {
            values.append(axis.values[rest % axis.values.count])
            rest /= axis.values.count
        }
        return Shard(files: files, range: range, point: values.reversed())
    }
}

package func ceilingDivision(_ dividend: Int, _ divisor: Int) -> Int {
    let (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
    return rest > 0 ? quotient + 1 : quotient
}
