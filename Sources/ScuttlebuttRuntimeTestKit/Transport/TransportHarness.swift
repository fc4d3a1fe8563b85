// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// What the transport conformance suite must know of the transport that it checks.
public struct TransportHarness: Sendable {
    /// For failure messages.
    public var name: String
    /// Whether one half can be ended while the other goes on.
    public var hasHalves: Bool
    /// The longest line the listener's side takes; `nil` when it has no bound.
    public var maximumLineByteCount: Int?
    /// How many bytes may be under way, in all buffers together (the kernel's too), when the reader
    /// has stopped.
    public var bufferedByteBound: Int
    /// Opens a listener and a transport that dials it.
    public var open: @Sendable () async throws -> (any LinkListener, any Transport)

    /// Describes a transport.
    public init(
        name: String, hasHalves: Bool, maximumLineByteCount: Int?,
        bufferedByteBound: Int = 32 << 20,
        open: @escaping @Sendable () async throws -> (any LinkListener, any Transport)
    ) {
        self.name = name
        self.hasHalves = hasHalves
        self.maximumLineByteCount = maximumLineByteCount
        self.bufferedByteBound = bufferedByteBound
        self.open = open
    }

    /// Both ends of a new connection.
    func pair(_ listener: any LinkListener, _ transport: any Transport) async throws -> (
        dialled: any Link, accepted: any Link
    ) {
        let dialled = try await transport.connect()
        guard let accepted = await listener.accept() else {
            throw ConformanceFailure("the listener closed by itself")
        }
        return (dialled, accepted)
    }
}
