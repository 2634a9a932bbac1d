import ErgonModel

/// A document with a signature over its type and its bytes (DSSE 1.0.2,
/// github.com/secure-systems-lab/dsse).
package struct Attestation: Hashable, Sendable {
    /// The type of documents about software and data (in-toto attestation framework v1).
    package static let inTotoType = "application/vnd.in-toto+json"

    package var type: String
    package var document: [UInt8]
    /// Whose key it is, for people and for programs that have several.
    package var keyName: String
    package var signature: [UInt8]

    /// - Precondition: the key is one for texts.
    package init(of document: [UInt8], type: String = inTotoType, signer: NoteSigner) {
        self.type = type
        self.document = document
        keyName = signer.verifier.description
        signature = signer.signature(overBytes: Self.encoding(of: document, type: type))
    }

    /// What is signed ("PAE", pre-authentication encoding): no note begins like that, so a key may
    /// sign both.
    static func encoding(of document: [UInt8], type: String) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(document.count) ".utf8) + document
    }

    /// The envelope, in the form of RFC 8785.
    package var text: String {
        JSON.object([
            "payload": .string(Base64.text(document)), "payloadType": .string(type),
            "signatures": .array([
                .object([
                    "keyid": .string(keyName), "sig": .string(Base64.text(signature)),
                ])
            ]),
        ]).text()
    }

    /// Exactly what `text` writes, and a newline after it or not.
    /// - Throws: `malformed`, and which part of it is. Nothing is verified yet.
    package init(parsing bytes: [UInt8]) throws(NoteFault) {
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: bytes) } catch {
            throw .malformed("an envelope is JSON: \(error)")
        }
        guard let type = json["payloadType"]?.string else {
            throw .malformed("`payloadType` is not there")
        }
        guard let document = json["payload"]?.string.flatMap({ Base64.bytes($0) }) else {
            throw .malformed("`payload` is not base64")
        }
        guard let signatures = json["signatures"]?.array, signatures.count == 1 else {
            throw .malformed("`signatures` is not one signature")
        }
        guard let name = signatures[0]["keyid"]?.string else {
            throw .malformed("`keyid` is not there")
        }
        guard let signature = signatures[0]["sig"]?.string.flatMap({ Base64.bytes($0) }) else {
            throw .malformed("`sig` is not base64")
        }
        (self.type, self.document, self.keyName) = (type, document, name)
        self.signature = signature
        let text = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        guard Array(self.text.utf8) == Array(text) else {
            throw .malformed("the envelope is not in the form in which it was made")
        }
    }

    /// - Throws: why it does not convince whoever knows `key`.
    package func verify(by key: VerifierKey) throws(NoteFault) {
        guard keyName == key.description else {
            throw .malformed("`keyid` names another key: \(keyName)")
        }
        guard type == Self.inTotoType else { throw .malformed("`payloadType` is `\(type)`") }
        guard key.verifies(signature, overBytes: Self.encoding(of: document, type: type)) else {
            throw .wrongSignature(key: key.name)
        }
    }
}
