// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// Describes a transport to the conformance suite.
public struct TransportHarness: Sendable {
    /// The name used in failure messages.
    public var name: String
    /// Whether one half can be closed while the other stays open.
    public var supportsHalfClosure: Bool
    /// The maximum length of a line that the listener's side accepts, or `nil` if there is no
    /// limit.
    public var maximumLineByteCount: Int?
    /// The number of bytes that may be in all buffers together, including the kernel's, when the
    /// reader has stopped.
    public var bufferedByteBound: Int
    /// Opens a listener and a transport that dials it.
    public var open: @Sendable () async throws -> (any LinkListener, any Transport)

    /// Creates a harness for a transport.
    public init(
        name: String, supportsHalfClosure: Bool, maximumLineByteCount: Int?,
        bufferedByteBound: Int = 32 << 20,
        open: @escaping @Sendable () async throws -> (any LinkListener, any Transport)
    ) {
        self.name = name
        self.supportsHalfClosure = supportsHalfClosure
        self.maximumLineByteCount = maximumLineByteCount
        self.bufferedByteBound = bufferedByteBound
        self.open = open
    }

    /// Returns both ends of a new connection.
    func pair(_ listener: any LinkListener, _ transport: any Transport) async throws -> (
        dialled: any Link, accepted: any Link
    ) {
        let dialled = try await transport.connect()
        guard let accepted = await listener.accept() else {
            throw ConformanceError("the listener closed without being asked")
        }
        return (dialled, accepted)
    }
}
