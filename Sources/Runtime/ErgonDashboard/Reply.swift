import HTTPTypes
import NIOCore

/// An answer without content: a status and, for people, a sentence.
struct Reply: Error {
    var status: HTTPResponse.Status
    var sentence: String
    var fields: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ sentence: String, _ fields: HTTPFields = [:]) {
        self.status = status
        self.sentence = sentence
        self.fields = fields
    }

    static let notFound = Reply(.notFound, "no such content")

    /// With the length of the body, which HEAD leaves out.
    var head: HTTPResponse {
        var fields = fields
        fields[.contentLength] = String(body.readableBytes)
        if !sentence.isEmpty { fields[.contentType] = "text/plain; charset=utf-8" }
        return HTTPResponse(status: status, headerFields: fields)
    }

    var body: ByteBuffer { ByteBuffer(string: sentence) }
}
