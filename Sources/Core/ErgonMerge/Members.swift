import ErgonModel

/// Reading of objects whose members are fixed by a schema.
extension JSON {
    /// - Throws: a flaw if this is not an object, or has members beyond these.
    func requireObject(of allowed: Set<String>) throws(Flaw) {
        guard let members = object else { throw Self.notAHistogram("not an object") }
        guard let other = sortedNames(members.keys).first(where: { !allowed.contains($0) }) else {
            return
        }
        throw Self.notAHistogram("unknown member `\(other)`")
    }

    static func notAHistogram(_ problem: String) -> Flaw {
        Flaw(problem: problem, remedy: "write the UHI JSON form, `uhi_schema` 1")
    }

    /// The member `key` as `read` takes it.
    func member<Value>(
        _ key: String, _ read: (JSON) throws(Flaw) -> Value
    ) throws(Flaw) -> Value {
        guard let member = self[key] else { throw Self.notAHistogram("no member `\(key)`") }
        do {
            return try read(member)
        } catch {
            throw error.inside(key)
        }
    }

    func elements<Value>(_ read: (JSON) throws(Flaw) -> Value) throws(Flaw) -> [Value] {
        guard let array else { throw Self.notAHistogram("not an array") }
        var values: [Value] = []
        values.reserveCapacity(array.count)
        for index in array.indices {
            do {
                values.append(try read(array[index]))
            } catch {
                throw error.inside(index)
            }
        }
        return values
    }

    static func flag(_ value: JSON) throws(Flaw) -> Bool {
        guard let flag = value.bool else { throw notAHistogram("neither true nor false") }
        return flag
    }

    static func text(_ value: JSON) throws(Flaw) -> String {
        guard let text = value.string else { throw notAHistogram("not a string") }
        return text
    }

    static func real(_ value: JSON) throws(Flaw) -> Double {
        guard let number = value.double else { throw notAHistogram("not a number") }
        return number
    }

    /// JSON Schema takes `3.0` for an integer, too.
    static func whole(_ value: JSON) throws(Flaw) -> Int64 {
        switch value {
        case .integer(let integer): return integer
        case .number(let number):
            guard let integer = Int64(exactly: number) else {
                throw notAHistogram("not an integer")
            }
            return integer
        default: throw notAHistogram("not an integer")
        }
    }
}
