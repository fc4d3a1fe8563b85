// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One event of ``ReplicatedEvents``.
public struct EmittedEvent<Argument: Codable & Sendable>: Sendable {
    /// The name of the event.
    public let name: PropertyKey
    /// When and by whom the event was emitted.
    public let stamp: Stamp
    let payload: Payload

    /// The arguments, with `nil` for an argument of another shape.
    public var arguments: [Argument?] {
        rawArguments.map { ValueCoding.decode(Argument.self, from: $0) }
    }

    /// The JSON of each argument.
    public var rawArguments: [[UInt8]] { EventsCore.arguments(of: payload) }
}
