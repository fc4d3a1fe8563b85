// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Identifies an item of ``ReplicatedAppendOnly`` by its source and timestamp.
///
/// On the wire it is the source, a colon, and the timestamp as JavaScript prints it:
/// `SERVER:1795234558919.001`. A source may contain colons, so the last colon is the separator.
public struct AppendOnlyID: Hashable, Sendable {
    /// The stamp of the update that pushed the item.
    public let stamp: Stamp

    /// Creates the id of the item that was pushed with this stamp.
    public init(_ stamp: Stamp) { self.stamp = stamp }

    /// Reads the text of an id.
    ///
    /// Returns `nil` for any other text. The timestamp must be written exactly as JavaScript prints
    /// it, because the originals compare the texts: none of their items is called `A:1.0`.
    public init?(_ text: String) { self.init(utf8: Array(text.utf8)) }

    init?(utf8 bytes: [UInt8]) {
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = Array(bytes[(colon + 1)...])
        guard let first = digits.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9"),
            let source = Source(validUTF8: Array(bytes[..<colon])),
            let timestamp = Timestamp(JSONNumber.parse(digits))
        else { return nil }
        var printed: [UInt8] = []
        JSONNumber.append(timestamp.value, to: &printed)
        guard printed == digits else { return nil }
        stamp = Stamp(timestamp: timestamp, source: source)
    }

    /// The text of the id.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    var utf8: [UInt8] {
        var bytes = stamp.source.utf8
        bytes.append(UInt8(ascii: ":"))
        JSONNumber.append(stamp.timestamp.value, to: &bytes)
        return bytes
    }
}

extension AppendOnlyID: CustomStringConvertible {
    /// The text of the id.
    public var description: String { text }
}
