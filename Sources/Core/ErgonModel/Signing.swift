/// With what a worker signs what it reports, for whoever checks it.
package struct SigningKey: Hashable, Sendable {
    /// A public key on P-256, in its compressed form of 33 bytes (SEC 1, section 2.3.3).
    package var key: [UInt8]
    /// The worker's certificate for that key, in DER.
    package var certificate: [UInt8]

    package init(key: [UInt8], certificate: [UInt8]) {
        self.key = key
        self.certificate = certificate
    }
}

/// A report's signature as it arrived and was found good.
package struct ReportSignature: Hashable, Sendable {
    /// Four bytes that tell the worker's keys apart, and 64 of ECDSA (`docs/LOG.md`).
    package var bytes: [UInt8]
    /// Of the statement that was signed.
    package var statement: Digest
    /// The results are not all as they were said: what could not be had was taken out.
    package var isAltered: Bool

    package init(bytes: [UInt8], statement: Digest, isAltered: Bool = false) {
        self.bytes = bytes
        self.statement = statement
        self.isAltered = isAltered
    }
}

/// What a record of results keeps of its report's signature.
package struct BatchSignature: Hashable, Sendable {
    package var bytes: [UInt8]
    /// What was signed, where the results are not all and exactly that: content in the store.
    package var statement: Digest?

    package init(bytes: [UInt8], statement: Digest?) {
        self.bytes = bytes
        self.statement = statement
    }
}
