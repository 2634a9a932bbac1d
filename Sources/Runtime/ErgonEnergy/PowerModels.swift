package import ErgonModel

/// What one busy hardware thread of a processor is taken to draw: the last rungs of the ladder of
/// meters, where nothing can be measured. A task's energy is this times its CPU time.
///
/// First the processor's own thermal design power over its hardware threads, then what machines of
/// its family draw a thread at full load, then 4 W. Good for half as much or half as much again.
/// - Parameter cpuModel: as in `HostFacts`.
package func powerModel(for cpuModel: String) -> PowerModel {
    let words = words(of: cpuModel)
    let (source, perThread): (String, Watts) =
        if let chip = chip(named: words) {
            ("model:cpu-brand", chip.perThread)
        } else if let watts = family(named: words.joined(separator: " ")) {
            ("model:cpu-family", watts)
        } else {
            ("model:default-4W", Watts(milliwatts: 4000))
        }
    return PowerModel(source: source, perThread: perThread, uncertaintyPercent: 50)
}

/// `Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz` is `Intel Xeon Gold 6148 @ 2.40GHz`.
private func words(of cpuModel: String) -> [String] {
    var text = Substring(cpuModel)
    var plain = ""
    while let character = text.popFirst() {
        if character == "(", let end = text.firstIndex(of: ")"),
            ["R", "TM", "r", "tm"].contains(text[..<end])
        {
            text = text[text.index(after: end)...]
        } else {
            plain.append(character)
        }
    }
    return plain.split(separator: " ").filter { $0 != "CPU" }.map(String.init)
}

/// The chip that two or three neighbouring words name.
private func chip(named words: [String]) -> Chip? {
    for start in words.indices {
        for count in [3, 2] where start + count <= words.count {
            if let chip = chips[words[start..<start + count].joined(separator: " ")] { return chip }
        }
        // AMD's chips for one socket are those for two with a `P` behind the number.
        if words[start] == "EPYC", start + 1 < words.count, words[start + 1].last == "P",
            let chip = chips["EPYC \(words[start + 1].dropLast())"]
        {
            return chip
        }
    }
    return nil
}

private func family(named text: String) -> Watts? {
    families.first { family in family.names.contains { text.contains($0) } }
        .map { Watts(milliwatts: $0.milliwatts) }
}
