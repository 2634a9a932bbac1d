import ErgonSecurity
import Foundation
import Testing

@Suite struct `A book of persons` {
    private func withBook(_ body: (PersonBook) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(PersonBook(folder: folder.path))
    }

    private func actor(_ role: Role, _ name: String, _ book: PersonBook) throws -> String {
        try book.actor(of: try Identity(role: role, name: name))
    }

    @Test func `has one pseudonym for a person, whatever their role`() throws {
        try withBook { book in
            let submitter = try actor(.submitter, "anna", book)
            let approver = try actor(.approver, "anna", book)
            #expect(submitter.hasPrefix("spiffe://ergon/submitter/p-"))
            #expect(!submitter.contains("anna"))
            #expect(submitter.suffix(34) == approver.suffix(34))
            #expect(try actor(.submitter, "anna", book) == submitter)
            #expect(try actor(.submitter, "bob", book).suffix(34) != submitter.suffix(34))
            #expect(try book.persons()[String(submitter.suffix(34))] == "anna")
        }
    }

    @Test func `that has forgotten somebody cannot tell any more, and knows them anew`() throws {
        try withBook { book in
            let before = try actor(.submitter, "anna", book)
            #expect(try book.forget("anna"))
            #expect(try book.persons().isEmpty)
            #expect(try !book.forget("anna") && !book.forget("../anna"))
            #expect(try actor(.submitter, "anna", book) != before)
        }
    }
}
