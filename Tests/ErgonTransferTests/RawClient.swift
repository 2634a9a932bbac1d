import NIOCore
import NIOPosix
import NIOSSL

/// Sends `text` over TLS and returns all that comes back until the connection ends.
/// - Throws: what TLS or the network met before the peer had ended.
func say(_ text: String, to port: Int, _ configuration: TLSConfiguration) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let tls = try NIOSSLClientHandler(
                    context: NIOSSLContext(configuration: configuration),
                    serverHostname: "coordinator.ergon")
                try channel.pipeline.syncOperations.addHandler(tls)
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: text))
        var answer = ByteBuffer()
        for try await part in inbound { answer.writeImmutableBuffer(part) }
        return String(buffer: answer)
    }
}
