// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Events whose arguments have no type yet.
struct EventsCore: Sendable {
    /// All emitted events.
    private(set) var log = UpdateLog()
    /// All events by name; the payloads are shared.
    private(set) var named: [PropertyKey: UpdateLog] = [:]

    mutating func apply<Argument>(
        _ update: Update, changes: inout [EmittedEvent<Argument>]?
    ) -> Application {
        guard let name = Self.name(of: update.payload) else {
            return .refused("an event must be [name, argument, …] with a string as the name")
        }
        guard log.append(update) else { return .applied }
        named[name, default: UpdateLog()].append(update)
        changes?.append(EmittedEvent(name: name, stamp: update.stamp, payload: update.payload))
        return .applied
    }

    static func name(of payload: Payload) -> PropertyKey? {
        payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes), let name = elements.next() else { return nil }
            return PropertyKey(name, in: bytes)
        }
    }

    /// The arguments of an event's payload.
    static func arguments(of payload: Payload) -> [[UInt8]] {
        payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes), elements.next() != nil else { return [] }
            var result: [[UInt8]] = []
            while let element = elements.next() { result.append(Array(bytes[element])) }
            return result
        }
    }

    func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for name in named.keys.sorted(by: PropertyKey.objectOrder) {
            writer.begin(name, in: &output)
            var isFirst = true
            for update in named[name]?.delta(since: VersionVector()) ?? [] {
                output.append(UInt8(ascii: isFirst ? "[" : ","))
                isFirst = false
                output.append(contentsOf: Self.data(of: update.payload))
            }
            output.append(UInt8(ascii: "]"))
        }
        writer.end(in: &output)
    }

    /// The first argument, which is what a listener with one parameter receives; `null` if there is
    /// none.
    private static func data(of payload: Payload) -> [UInt8] {
        payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes), elements.next() != nil,
                let data = elements.next()
            else { return Array("null".utf8) }
            return Array(bytes[data])
        }
    }
}
