package import ErgonModel
import FoundationEssentials

/// From when until when a certificate is valid. Certificates know whole seconds only.
package struct Validity: Hashable, Sendable {
    package var notBefore: Instant
    package var notAfter: Instant

    package init(notBefore: Instant, notAfter: Instant) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// From five minutes ago, so that a peer whose clock is that much behind does not refuse it.
    package init(_ lifetime: Microseconds, from now: Instant) {
        notBefore = now + .seconds(-300)
        notAfter = now + lifetime
    }

    /// Not yet, or long before its end: nobody need ask for the next one.
    package func isInFirstHalf(_ now: Instant) -> Bool {
        now - notBefore < Microseconds((notAfter - notBefore).count / 2)
    }

    /// When to ask for the next certificate: at half the lifetime, give or take a tenth of it, so
    /// that workers that joined together do not come back together.
    package func renewal(using random: inout some RandomNumberGenerator) -> Instant {
        let whole = (notAfter - notBefore).count
        return notBefore
            + Microseconds(Int64.random(in: whole * 4 / 10...whole * 6 / 10, using: &random))
    }
}

extension Instant {
    init(_ date: Date) {
        self.init(microseconds: Int64((date.timeIntervalSince1970 * 1e6).rounded()))
    }

    /// The whole second before it.
    var date: Date {
        Date(timeIntervalSince1970: Double(microseconds.dividedRounding(by: 1_000_000)))
    }

    /// `2026-07-01T12:00:00Z`
    var text: String { date.formatted(.iso8601) }
}

extension Int64 {
    /// Rounded towards earlier, also before 1970.
    fileprivate func dividedRounding(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
