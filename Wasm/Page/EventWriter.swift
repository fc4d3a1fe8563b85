// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// What the page is told after a call: a JSON array with one array per event.
///
/// A call that concerns 20,000 actions costs the page one decoding and one parsing.
package struct EventWriter {
    /// How many reports are kept until the page takes them; further ones are only counted.
    package static let reportLimit = 100

    private var bytes: [UInt8] = []
    private var reportCount = 0
    private var missedCount = 0

    package init() {}

    /// Whether there is nothing to tell.
    package var isEmpty: Bool { bytes.isEmpty }

    /// Returns all events as JSON and forgets them.
    package mutating func take() -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        if missedCount > 0 { event("missed", missedCount) }
        bytes.append(UInt8(ascii: "]"))
        defer { self = EventWriter() }
        return bytes
    }

    /// Tells of updates that have the numbers from `first` on: `["accepted", first, [update, …]]`.
    package mutating func accepted(_ updates: [Update], first: Int) {
        begin("accepted")
        element(first)
        bytes.append(UInt8(ascii: ","))
        var separator = UInt8(ascii: "[")
        for update in updates {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            ClassicWire.append(update, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        end()
    }

    /// Tells of an event with numbers: `[name, number, …]`.
    package mutating func event(_ name: StaticString, _ numbers: Int...) {
        begin(name)
        for number in numbers { element(number) }
        end()
    }

    /// Asks for the end of a connection: `["close", peer, text]`.
    package mutating func close(_ peer: Int, _ text: String) {
        begin("close")
        element(peer)
        element(text: Array(text.utf8))
        end()
    }

    /// Tells of something that went wrong: `[name, text, timestamp, source, peer]`.
    package mutating func report(
        _ name: StaticString, _ text: String?, _ stamp: Stamp?, _ peer: PeerID?
    ) {
        guard reportCount < EventWriter.reportLimit else {
            missedCount += 1
            return
        }
        reportCount += 1
        begin(name)
        element(text: text.map { Array($0.utf8) })
        element(stamp)
        element(peer?.number)
        end()
    }

    /// Tells of a rewind: `["rewound", depth, timestamp, source]`.
    package mutating func rewound(_ depth: Int, _ stamp: Stamp) {
        begin("rewound")
        element(depth)
        element(stamp)
        end()
    }

    /// Tells of sources that are here or gone now: `["presence", source, …]`.
    package mutating func presence(_ sources: [Source]) {
        begin("presence")
        for source in sources { element(text: source.utf8) }
        end()
    }

    // MARK: Elements

    private mutating func begin(_ name: StaticString) {
        bytes.append(bytes.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "["))
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func end() { bytes.append(UInt8(ascii: "]")) }

    private mutating func null() { for byte in ",null".utf8 { bytes.append(byte) } }

    private mutating func element(_ number: Int?) {
        guard let number else { return null() }
        bytes.append(UInt8(ascii: ","))
        JSONNumber.append(Int64(number), to: &bytes)
    }

    private mutating func element(text: [UInt8]?) {
        guard let text else { return null() }
        bytes.append(UInt8(ascii: ","))
        JSONString.encode(text, into: &bytes)
    }

    private mutating func element(_ stamp: Stamp?) {
        guard let stamp else {
            null()
            return null()
        }
        bytes.append(UInt8(ascii: ","))
        JSONNumber.append(stamp.timestamp.value, to: &bytes)
        element(text: stamp.source.utf8)
    }
}
