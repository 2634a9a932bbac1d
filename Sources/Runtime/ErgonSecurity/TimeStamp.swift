package import ErgonModel
import SwiftASN1

/// A request that an authority says when it has seen something (RFC 3161, section 2.4.1).
package struct TimeStampRequest: Hashable, Sendable {
    /// In DER.
    package let bytes: [UInt8]

    /// - Parameter nonce: comes back in the answer; what fits into 63 bits.
    package init(of digest: Digest, nonce: Int) {
        var serializer = DER.Serializer()
        let done: Void? = try? serializer.appendConstructedNode(identifier: .sequence) { request in
            try request.serialize(1)
            try request.appendConstructedNode(identifier: .sequence) { imprint in
                try imprint.appendConstructedNode(identifier: .sequence) { algorithm in
                    try algorithm.serialize(sha256Identifier)
                    try algorithm.serialize(ASN1Null())
                }
                try imprint.serialize(ASN1OctetString(contentBytes: digest.bytes[...]))
            }
            try request.serialize(nonce)
            // With the authority's certificate.
            try request.serialize(true)
        }
        precondition(done != nil, "a request for a time-stamp cannot be written")
        bytes = serializer.serializedBytes
    }
}

/// What an authority answered (RFC 3161, section 2.4.2): of what content it says when it has seen
/// it. Whether it is to be believed is not looked at: `openssl ts -verify` says so.
package struct TimeStamp: Hashable, Sendable {
    package let digest: Digest
    /// RFC 3339, in UTC, as exact as the authority says.
    package let time: String
    let nonce: Int?

    package init(_ response: [UInt8]) throws(TimeStampFault) {
        guard let root = try? DER.parse(response), let status = root.at(0, 0),
            let granted = try? Int(derEncoded: status)
        else { throw TimeStampFault(problem: "this is no answer of a time-stamp authority") }
        // 0: granted; 1: granted with changes.
        guard (0...1).contains(granted) else {
            throw TimeStampFault(problem: "the authority refused, with status \(granted)")
        }
        // ContentInfo, SignedData, EncapsulatedContentInfo (RFC 5652), and TSTInfo in it.
        guard let content = root.at(1, 1, 0, 2, 1, 0)?.primitive,
            let told = try? DER.parse(content),
            let algorithm = told.at(2, 0, 0),
            (try? ASN1ObjectIdentifier(derEncoded: algorithm)) == sha256Identifier,
            let digest = told.at(2, 1)?.primitive.flatMap({ Digest(bytes: $0) }),
            let time = told.at(4)?.primitive.flatMap(Self.time)
        else { throw TimeStampFault(problem: "the answer has no time-stamp over SHA-256") }
        (self.digest, self.time) = (digest, time)
        nonce = told.children.dropFirst(5).lazy.compactMap { try? Int(derEncoded: $0) }.first
    }

    /// Whether it answers this request.
    package func answers(of digest: Digest, nonce: Int) -> Bool {
        self.digest == digest && self.nonce == nonce
    }

    /// `20121206000000Z`, perhaps with a fraction of a second (RFC 3161, section 2.4.2).
    private static func time(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = Array(String(decoding: bytes, as: UTF8.self))
        guard text.count >= 15, text.last == "Z",
            text.dropLast().allSatisfy({ $0.isNumber && $0.isASCII || $0 == "." })
        else { return nil }
        func part(_ places: Range<Int>) -> String { String(text[places]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):"
            + String(text[12...])
    }
}

/// Why there is no time-stamp.
package struct TimeStampFault: Error, Hashable {
    package var problem: String

    package init(problem: String) { self.problem = problem }
}

private let sha256Identifier: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]

extension ASN1Node {
    fileprivate var children: [ASN1Node] {
        guard case .constructed(let nodes) = content else { return [] }
        return Array(nodes)
    }

    fileprivate var primitive: ArraySlice<UInt8>? {
        guard case .primitive(let bytes) = content else { return nil }
        return bytes
    }

    /// The node that one gets to by taking the child of that number each time.
    fileprivate func at(_ path: Int...) -> ASN1Node? {
        path.reduce(Optional(self)) { node, number in
            guard let children = node?.children, number < children.count else { return nil }
            return children[number]
        }
    }
}
