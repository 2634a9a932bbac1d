import ErgonCoordinator
import ErgonModel
import ErgonSecurity
import GRPCCore
import Logging

/// People as they stand on record.
extension ControlService {
    /// `spiffe://ergon/<role>/<person>`, with a pseudonym if there is a book of them.
    func actor(_ identity: Identity) throws -> String {
        guard let persons else { return identity.uri }
        do throws(SecurityFault) { return try persons.actor(of: identity) } catch {
            throw unknownPersons(error)
        }
    }

    /// With the names of those who can still be told, for operators alone.
    func named(
        _ report: Coordinator.StatusReport, for identity: Identity
    ) throws -> Coordinator.StatusReport {
        guard let persons, identity.role == .operator else { return report }
        let names: [String: String]
        do throws(SecurityFault) { names = try persons.persons() } catch {
            throw unknownPersons(error)
        }
        var report = report
        for index in report.campaigns.indices {
            let by = report.campaigns[index].by
            let pseudonym = person(of: by)
            guard let name = names[String(pseudonym)] else { continue }
            report.campaigns[index].by = String(by.dropLast(pseudonym.count)) + name
        }
        return report
    }

    private func unknownPersons(_ fault: SecurityFault) -> RPCError {
        logger.error("the book of persons cannot be used", metadata: ["problem": "\(fault)"])
        return RPCError(code: .internalError, message: "the book of persons cannot be used")
    }
}
