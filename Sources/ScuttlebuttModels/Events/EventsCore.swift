// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The events without the type of their arguments.
struct EventsCore: Sendable {
    /// Everything that was emitted.
    private(set) var log = RetainedLog()
    /// The same by name; the payloads are shared.
    private(set) var named: [PropertyKey: RetainedLog] = [:]

    /// Takes one update; answers its name, or `nil` for one that is here already.
    mutating func apply(_ update: Update) -> (Application, PropertyKey?) {
        guard let name = Self.name(of: update.payload) else {
            return (.refused("an event is [name, argument, …], with a string as name"), nil)
        }
        guard log.append(update) else { return (.applied, nil) }
        named[name, default: RetainedLog()].append(update)
        return (.applied, name)
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

    /// The first argument, which a listener with one parameter gets; `null` when there is none.
    private static func data(of payload: Payload) -> [UInt8] {
        payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes), elements.next() != nil,
                let data = elements.next()
            else { return Array("null".utf8) }
            return Array(bytes[data])
        }
    }
}
