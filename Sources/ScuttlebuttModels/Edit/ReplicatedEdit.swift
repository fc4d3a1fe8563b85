// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A text that several people edit line by line, wire-compatible with `r-edit`.
///
/// The lines are the elements of a replicated array, each with its line feed; the last line has
/// none and may be empty. A line that is appended behind such a line begins with a line feed
/// instead, so that lines that several people append at the same time stay lines. Setting a new
/// text writes only the lines that differ. If two people change one line at the same time, one of
/// the changes wins; changes of different lines do not affect each other.
public struct ReplicatedEdit: Sendable {
    /// The lines as a replicated array.
    ///
    /// An element that is not a string, which only another program can write, has a place in the
    /// array but is not part of the text.
    public private(set) var lines: ReplicatedArray<String>

    /// Creates an empty text.
    ///
    /// - Parameter source: The local writer, the same source as the replica's.
    public init(source: Source) { lines = ReplicatedArray(source: source) }

    /// The whole text.
    ///
    /// - Complexity: O(*n*) in its length.
    public var text: String {
        var bytes: [UInt8] = []
        for (_, item) in lines.core.items { item.appendText(to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ReplicatedEdit: LogBacked, Dumpable {
    /// Applies an update: an object from sort keys to lines, where `null` removes.
    ///
    /// - Complexity: O(k log *n*) for k lines, plus O(length of the text) if changes are wanted, to
    ///   find their offsets.
    public mutating func apply(
        _ update: Update, changes: inout [EditChange]?
    ) -> Application {
        guard changes != nil else { return lines.apply(update) }
        var lineChanges: [ArrayChange]? = []
        let application = lines.apply(update, changes: &lineChanges)
        changes?.append(contentsOf: located(lineChanges ?? []))
        return application
    }

    /// The updates that a line still belongs to.
    public var log: UpdateLog { lines.log }

    /// Appends the JSON array of all lines.
    public func appendDump(to output: inout [UInt8]) { lines.appendDump(to: &output) }

    /// The changes of the text that follow from changes of lines.
    ///
    /// An update changes lines in ascending order. Everything before a changed line is therefore in
    /// its final place, and one pass finds all offsets.
    private func located(_ changes: [ArrayChange]) -> [EditChange] {
        var walk = lines.core.items.makeIterator()
        var (index, offset) = (0, 0)
        return changes.compactMap { change in
            while index < change.index, let step = walk.next() {
                offset += step.element.textLength
                index += 1
            }
            let (old, new) = (Self.text(change.old), Self.text(change.new))
            let (start, end) = MyersDiff.commonEnds(old, new)
            guard start < old.count || start < new.count else { return nil }
            func part(_ scalars: [Unicode.Scalar]) -> String {
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[start..<(scalars.count - end)])
                return String(view)
            }
            let before = old[..<start].reduce(0) { $0 + UTF16.width($1) }
            return EditChange(
                offset: offset + before, removed: part(old), inserted: part(new),
                stamp: change.stamp, line: change)
        }
    }

    private static func text(_ json: [UInt8]?) -> [Unicode.Scalar] {
        guard let json, json.first == UInt8(ascii: "\"") else { return [] }
        let decoded = json.withUnsafeBufferPointer { try? JSONString.decoded($0, at: 0) }
        return Array(String(decoding: decoded ?? [], as: UTF8.self).unicodeScalars)
    }
}

extension ArrayCore.Item {
    /// Whether the item is a string.
    var isText: Bool { start < end && payload[start] == UInt8(ascii: "\"") }

    /// Appends the string as UTF-8, or nothing if the item is not a string.
    func appendText(to output: inout [UInt8]) {
        guard isText else { return }
        payload.withUnsafeBufferPointer {
            _ = try? JSONString.decode($0, at: start, into: &output)
        }
    }

    /// The length of the string in UTF-16 code units; zero if the item is not a string.
    ///
    /// It is counted in the JSON text without decoding.
    var textLength: Int {
        guard isText else { return 0 }
        return payload.withUnsafeBufferPointer { bytes in
            var length = 0
            var index = start + 1
            while index < end - 1 {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "\\"):
                    index += index + 1 < end && bytes[index + 1] == UInt8(ascii: "u") ? 6 : 2
                    length += 1
                    continue
                case 0x80..<0xC0: break
                case 0xF0...: length += 2
                default: length += 1
                }
                index += 1
            }
            return length
        }
    }
}
