// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A reliable event emitter: everything emitted is remembered, and sent to every peer that comes
/// later.
///
/// Speaks the wire of the original's `events`: an update is `[name, argument, …]` with any number
/// of arguments. Every name is an ordinary one, also `toString`, `__proto__` and `error`, which
/// break the original (quirk Q14).
///
/// Events are *delivered* in the order of arrival, each once; what has been delivered is *listed*
/// in the agreed order, which is the same on all peers. Nothing is ever forgotten (quirk Q22):
/// limit the replica's size where strangers may write.
public struct ReplicatedEvents<Argument: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = EventsCore()

    /// Makes an emitter that has emitted nothing.
    public init() {}

    /// How many events there are.
    public var count: Int { core.log.count }

    /// How many events of this name there are.
    public func count(of name: PropertyKey) -> Int { core.named[name]?.count ?? 0 }

    /// The names of all events; integers first, then by UTF-16 code units.
    public var names: [PropertyKey] { core.named.keys.sorted(by: PropertyKey.objectOrder) }

    /// The events of this name in agreed order.
    ///
    /// - Complexity: O(*n* log sources) for *n* events of the name.
    public func events(named name: PropertyKey) -> [EmittedEvent<Argument>] {
        core.named[name]?.delta(since: VersionVector()).map {
            EmittedEvent(name: name, stamp: $0.stamp, payload: $0.payload)
        } ?? []
    }

    /// All events in agreed order.
    ///
    /// - Complexity: O(*n* log sources).
    public var events: [EmittedEvent<Argument>] {
        core.log.delta(since: VersionVector()).compactMap { update in
            EventsCore.name(of: update.payload).map {
                EmittedEvent(name: $0, stamp: update.stamp, payload: update.payload)
            }
        }
    }

    /// Prepares emitting an event.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeEmit(_ name: PropertyKey, _ arguments: Argument...) throws -> Payload {
        try makeEmit(name, arguments: arguments)
    }

    /// Prepares emitting an event.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeEmit(_ name: PropertyKey, arguments: [Argument]) throws -> Payload {
        var payload: [UInt8] = [UInt8(ascii: "[")]
        name.append(to: &payload)
        for argument in arguments {
            payload.append(UInt8(ascii: ","))
            payload.append(contentsOf: try ValueCoding.encode(argument))
        }
        payload.append(UInt8(ascii: "]"))
        return payload
    }

    /// Takes an event.
    public mutating func apply(
        _ update: Update, changes: inout [EmittedEvent<Argument>]?
    ) -> Application {
        let (application, name) = core.apply(update)
        if let name {
            changes?.append(EmittedEvent(name: name, stamp: update.stamp, payload: update.payload))
        }
        return application
    }

    /// Every event.
    public var log: RetainedLog { core.log }

    /// Appends an object: event name to the array of its events' first arguments in agreed order,
    /// `null` for events without arguments.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}
