// SPDX-License-Identifier: MIT

/// How a state becomes bytes and back, for checkpoints.
///
/// Equal states must give equal bytes on every peer and in every process, because the bytes are
/// hashed and the hashes compared. For a `Codable` state, ``canonical`` sees to that.
public struct StateCoding<State>: Sendable {
    /// Encodes a state.
    public let encode: @Sendable (State) throws -> [UInt8]
    /// Decodes what ``encode`` has made; throws for anything else.
    public let decode: @Sendable ([UInt8]) throws -> State

    /// Creates a coding of your own.
    public init(
        encode: @escaping @Sendable (State) throws -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws -> State
    ) {
        self.encode = encode
        self.decode = decode
    }
}
