import Logging

/// Hands on the reasons that are logged.
struct LogEar: LogHandler {
    private let reason: AsyncStream<String>.Continuation
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    private init(_ reason: AsyncStream<String>.Continuation) { self.reason = reason }

    static func listen() -> (Logger, AsyncStream<String>) {
        let (reasons, reason) = AsyncStream<String>.makeStream()
        return (Logger(label: "test") { _ in LogEar(reason) }, reasons)
    }

    func log(event: LogEvent) {
        if let text = event.metadata?["reason"] { reason.yield("\(text)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
