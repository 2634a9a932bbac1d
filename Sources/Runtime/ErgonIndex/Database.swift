import CSQLite
import ErgonModel

/// One SQLite database, for one task at a time.
final class Database {
    private var handle: OpaquePointer?
    let path: String

    /// SQLite is loaded once in a process.
    private static let isReady = ergon_sqlite_load() == SQLITE_OK

    /// Opens it, or makes it.
    init(_ path: String) throws(IndexFault) {
        self.path = path
        guard Self.isReady else { throw IndexFault(place: path, problem: "there is no SQLite") }
        let code = ergon_sqlite_open(path, &handle)
        if code != SQLITE_OK { throw fault }
    }

    deinit { _ = ergon_sqlite_close(handle) }

    var fault: IndexFault {
        let reason = handle.flatMap { ergon_sqlite_errmsg($0) }.map { String(cString: $0) }
        return IndexFault(place: path, problem: reason ?? "it cannot be opened")
    }

    /// Several statements without values.
    func run(_ statements: String) throws(IndexFault) {
        if ergon_sqlite_exec(handle, statements) != SQLITE_OK { throw fault }
    }

    func prepare(_ text: String) throws(IndexFault) -> Statement {
        var statement: OpaquePointer?
        guard ergon_sqlite_prepare(handle, text, &statement) == SQLITE_OK, let statement else {
            throw fault
        }
        return Statement(statement, of: self)
    }
}

/// A statement that is run again and again with other values.
final class Statement {
    enum Value {
        case integer(Int)
        case text(String)
    }

    private let handle: OpaquePointer
    private let database: Database

    fileprivate init(_ handle: OpaquePointer, of database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit { _ = ergon_sqlite_finalize(handle) }

    /// Runs it once with those values in the places of its question marks.
    /// - Parameter row: gets each row that comes of it.
    func run(
        _ values: [Value], row: (Row) -> Void = { _ in }
    ) throws(IndexFault) {
        defer { _ = ergon_sqlite_reset(handle) }
        for (place, value) in values.enumerated() {
            let code =
                switch value {
                case .integer(let number):
                    ergon_sqlite_bind_integer(handle, CInt(place + 1), Int64(number))
                case .text(let text):
                    ergon_sqlite_bind_text(handle, CInt(place + 1), text, CInt(text.utf8.count))
                }
            if code != SQLITE_OK { throw database.fault }
        }
        while true {
            switch ergon_sqlite_step(handle) {
            case SQLITE_ROW: row(Row(handle: handle))
            case SQLITE_DONE: return
            default: throw database.fault
            }
        }
    }

    /// What a statement came to, valid until the next.
    struct Row {
        fileprivate let handle: OpaquePointer

        func integer(_ column: Int) -> Int {
            Int(ergon_sqlite_column_integer(handle, CInt(column)))
        }

        func text(_ column: Int) -> String {
            ergon_sqlite_column_text(handle, CInt(column)).map { String(cString: $0) } ?? ""
        }
    }
}

/// Why the index does not answer. It can always be removed.
package struct IndexFault: Actionable, Hashable {
    package var place: String
    package var problem: String
    package var remedy: String { "remove the file: the index is made anew from the log" }
}
