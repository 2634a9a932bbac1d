import ErgonModel

/// Where a coordinator listens: what a client needs to know of it beside its credentials.
package struct ListeningPorts: Hashable, Sendable {
    /// For those on the same machine.
    package var host: String
    /// For all others.
    package var advertised: String
    package var control: Int
    package var data: Int
    package var enrolment: Int

    package init(host: String, advertised: String, control: Int, data: Int, enrolment: Int) {
        self.host = host
        self.advertised = advertised
        self.control = control
        self.data = data
        self.enrolment = enrolment
    }
}

extension ListeningPorts {
    /// - Returns: `nil` unless all is there, and every port is one: 1 to 65535.
    init?(json: JSON) {
        func port(_ name: String) -> Int? {
            json[name]?.integer.flatMap { (1...65_535).contains($0) ? Int($0) : nil }
        }
        guard let host = json["host"]?.string, let advertised = json["advertised"]?.string,
            let control = port("control"), let data = port("data"),
            let enrolment = port("enrolment")
        else { return nil }
        self.init(
            host: host, advertised: advertised, control: control, data: data, enrolment: enrolment)
    }

    var json: JSON {
        .object([
            "host": .string(host), "advertised": .string(advertised), "control": .int(control),
            "data": .int(data), "enrolment": .int(enrolment),
        ])
    }
}
