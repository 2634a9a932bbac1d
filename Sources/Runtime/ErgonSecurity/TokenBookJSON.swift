package import ErgonModel

/// The durable form. It lets its reader join, so it belongs in a private file.
extension TokenBook {
    private static let version: Int64 = 1

    package var json: JSON {
        .object([
            "version": .integer(Self.version),
            "tokens": .array(entries.map(Self.json(of:))),
        ])
    }

    private static func json(of entry: Entry) -> JSON {
        .object([
            "id": .string(hexadecimal(entry.id.bytes)),
            "key": .string(hexadecimal(entry.key.bytes)),
            "role": .string(entry.role.rawValue),
            "name": entry.name.map(JSON.string) ?? .null,
            "expires": .integer(entry.expires.microseconds),
            "usesLeft": .int(entry.usesLeft),
            "wrongCodes": .int(entry.wrongCodes),
        ])
    }

    /// - Returns: `nil` if it is not what `json` gives. Then nobody can say which tokens are used:
    ///   stop, do not start an empty book.
    package init?(json: JSON) {
        guard json["version"] == .integer(Self.version), let tokens = json["tokens"]?.array else {
            return nil
        }
        for token in tokens {
            guard let entry = Self.entry(from: token) else { return nil }
            entries.append(entry)
        }
    }

    private static func entry(from json: JSON) -> Entry? {
        guard let id = bytes(json["id"]).flatMap(TokenID.init(bytes:)),
            let key = bytes(json["key"]).flatMap(EnrolmentKey.init(bytes:)),
            let role = json["role"]?.string.flatMap(Role.init(rawValue:)),
            let name = json["name"], name == .null || name.string != nil,
            let expires = json["expires"]?.integer,
            let usesLeft = json["usesLeft"]?.integer, usesLeft >= 0,
            let wrongCodes = json["wrongCodes"]?.integer, wrongCodes >= 0
        else { return nil }
        return Entry(
            id: id, key: key, role: role, name: name.string,
            expires: Instant(microseconds: expires), usesLeft: Int(usesLeft),
            wrongCodes: Int(wrongCodes))
    }

    private static func bytes(_ json: JSON?) -> [UInt8]? {
        guard let digits = json?.string.map({ Array($0.utf8) }), digits.count.isMultiple(of: 2)
        else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(text(Array(digits[start..<start + 2])), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
