/// An SPDX licence expression (SPDX specification 2.3, annex D), with every name as the list
/// writes it.
package indirect enum LicenceExpression: Hashable, Sendable {
    case licence(Licence)
    /// All of them hold.
    case all([LicenceExpression])
    /// Whoever uses it may choose one.
    case any([LicenceExpression])

    package struct Licence: Hashable, Sendable {
        /// An identifier of the list, or the author's own: `LicenseRef-…`.
        package var id: String
        /// Or any later version.
        package var isOrLater = false
        package var exception: String?
    }

    /// Whether it may be used by somebody who accepts only `allowed`. A later version is as good as
    /// the one named, since the user may choose; an exception takes nothing away.
    package func isAllowed(_ allowed: Set<String>) -> Bool {
        switch self {
        case .licence(let licence): allowed.contains(licence.id)
        case .all(let parts): parts.allSatisfy { $0.isAllowed(allowed) }
        case .any(let parts): parts.contains { $0.isAllowed(allowed) }
        }
    }

    /// Names of licences in it, in their order.
    package var ids: [String] {
        switch self {
        case .licence(let licence): [licence.id]
        case .all(let parts), .any(let parts): parts.flatMap(\.ids)
        }
    }
}

/// Why a text is no licence expression.
package enum LicenceFault: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooLong
    case unknown(String)
    case deprecated(String)
    case unknownException(String)
    /// What stands where something else should.
    case unexpected(String)
    /// It ends where something is missing.
    case unfinished

    package var description: String {
        switch self {
        case .empty: "is empty"
        case .tooLong: "is too long"
        case .unknown(let name): "names `\(name)`, which SPDX does not know"
        case .deprecated(let name): "names `\(name)`, which SPDX has deprecated"
        case .unknownException(let name): "names the exception `\(name)`, which SPDX does not know"
        case .unexpected(let token): "has `\(token)` where it does not belong"
        case .unfinished: "breaks off"
        }
    }
}
