package import ErgonModel

extension SitePolicy {
    /// What is wrong with the policy itself and cannot be seen from its form.
    package var problems: [String] {
        rules.licences.compactMap { text in
            do throws(LicenceFault) {
                guard case .licence(let licence) = try LicenceExpression(parsing: text),
                    licence.id == text
                else {
                    return "`\(text)`: write one identifier of the SPDX list, as it stands there"
                }
                return nil
            } catch {
                return "a licence \(error)"
            }
        }
    }
}
