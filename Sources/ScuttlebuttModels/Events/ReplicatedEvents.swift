// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A reliable event emitter: it remembers every event, and sends it to every peer that connects
/// later.
///
/// It uses the wire format of the original's `events`: an update is `[name, argument, …]` with any
/// number of arguments. Every name is an ordinary one, including `toString`, `__proto__` and
/// `error`, which break the original (quirk Q14).
///
/// Events are *delivered* once each in the order of arrival, and *listed* in the agreed order,
/// which is the same on all peers. Events are never forgotten (quirk Q22): limit the replica's size
/// if strangers may write.
public struct ReplicatedEvents<Argument: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = EventsCore()

    /// Creates an emitter without events.
    public init() {}

    /// The number of events.
    public var count: Int { core.log.count }

    /// The number of events of this name.
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

    /// Creates the update that emits an event.
    ///
    /// - Throws: `EncodingError` if JSON cannot express an argument.
    public func makeEmit(_ name: PropertyKey, _ arguments: Argument...) throws -> Payload {
        try makeEmit(name, arguments: arguments)
    }

    /// Creates the update that emits an event.
    ///
    /// - Throws: `EncodingError` if JSON cannot express an argument.
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

    /// Applies an update: an event.
    public mutating func apply(
        _ update: Update, changes: inout [EmittedEvent<Argument>]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// Every event.
    public var log: UpdateLog { core.log }

    /// Appends an object from each event name to an array with the first argument of each event, in
    /// agreed order; `null` for events without arguments.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}
