// SPDX-License-Identifier: MIT

/// Compares JSON values by their meaning in JavaScript instead of their bytes.
///
/// A relay written in JavaScript may change the order of keys, the text of numbers and the escapes
/// in strings, but the update remains the same.
public enum JSONMeaning {
    /// Returns whether two validated values are equivalent.
    ///
    /// The order of an object's keys is ignored, and the last of equal keys counts. Numbers are
    /// compared as doubles (−0 equals 0), and strings and keys by UTF-16 code units.
    ///
    /// - Complexity: O(1) for equal bytes in the same storage; otherwise O(n · depth + k log k).
    public static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a == b || canonical(a, dropsEmptyMeta: false) == canonical(b, dropsEmptyMeta: false)
    }

    /// Returns whether two validated Redux actions are equivalent like in ``areEqual(_:_:)``,
    /// except that an empty `meta` equals none.
    public static func areEqualActions(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a == b || canonical(a, dropsEmptyMeta: true) == canonical(b, dropsEmptyMeta: true)
    }

    /// Returns bytes that are equal exactly for equivalent Redux actions; see
    /// ``areEqualActions(_:_:)``.
    package static func canonicalAction(_ json: [UInt8]) -> [UInt8] {
        canonical(json, dropsEmptyMeta: true)
    }

    /// Returns bytes that are equal exactly for equivalent values.
    ///
    /// They are not JSON. Each value is a tag and its contents: `n`, `t`, `f`; `d` and the bits of
    /// a double; `s`, a byte count and WTF-8; `a`, elements, `]`; `o`, keys and values sorted by
    /// key, `}`.
    static func canonical(_ json: [UInt8], dropsEmptyMeta: Bool) -> [UInt8] {
        json.withUnsafeBufferPointer { bytes in
            var writer = CanonicalWriter(bytes, dropsEmptyMeta: dropsEmptyMeta)
            writer.run()
            return writer.output
        }
    }
}

/// Writes the canonical form, using its own stack instead of recursion.
private struct CanonicalWriter {
    private struct Member {
        /// The offsets of key and value in the output; the value ends where the next key begins.
        var start: Int
        var value: Int
    }

    private struct Container {
        var isObject: Bool
        var start: Int
        var members: [Member] = []
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let dropsEmptyMeta: Bool
    var output: [UInt8] = []
    private var index = 0
    private var open: [Container] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, dropsEmptyMeta: Bool) {
        self.bytes = bytes
        self.dropsEmptyMeta = dropsEmptyMeta
        output.reserveCapacity(bytes.count + 16)
    }

    mutating func run() {
        while true {
            index = JSONTrusted.skipWhitespace(bytes, at: index)
            guard index < bytes.count else { return }
            switch bytes[index] {
            case Ascii.leftBrace, Ascii.leftBracket:
                let isObject = bytes[index] == Ascii.leftBrace
                open.append(Container(isObject: isObject, start: output.count))
                output.append(isObject ? 0x6F : 0x61)
                index += 1
            case Ascii.rightBrace, Ascii.rightBracket:
                index += 1
                close()
            case Ascii.comma, Ascii.colon:
                index += 1
            case Ascii.quote:
                let isKey = open.last?.isObject == true && standsBeforeColon()
                let start = output.count
                appendString()
                if isKey {
                    open[open.count - 1].members.append(Member(start: start, value: output.count))
                }
            case Ascii.minus, Ascii.zero...Ascii.nine:
                let end = max(JSONTrusted.endOfValue(bytes, at: index), index + 1)
                let number = JSONNumber.parse(bytes, index..<end)
                output.append(0x64)
                appendWord((number == 0 ? 0 : number).bitPattern)
                index = end
            default:
                output.append(bytes[index])
                index = max(JSONTrusted.endOfValue(bytes, at: index), index + 1)
            }
        }
    }

    /// Returns whether the literal at `index` is a key.
    private func standsBeforeColon() -> Bool {
        let end = JSONTrusted.skipWhitespace(
            bytes, at: JSONTrusted.endOfString(bytes, at: index))
        return end < bytes.count && bytes[end] == Ascii.colon
    }

    private mutating func appendString() {
        output.append(0x73)
        let length = output.count
        appendWord(0)
        let decoded = try? JSONString.decode(
            bytes, at: index, into: &output, loneSurrogates: .generalised)
        index = decoded?.end ?? bytes.count
        let count = UInt64(output.count - length - 8)
        for place in 0..<8 {
            output[length + place] = UInt8(truncatingIfNeeded: count >> UInt64(8 * place))
        }
    }

    private mutating func appendWord(_ word: UInt64) {
        for place in 0..<8 {
            output.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * place)))
        }
    }

    /// Ends the innermost container, and sorts it if it is an object.
    private mutating func close() {
        guard let container = open.popLast() else { return }
        defer { output.append(container.isObject ? Ascii.rightBrace : Ascii.rightBracket) }
        guard container.isObject, !container.members.isEmpty else { return }
        let members = container.members
        let body = Array(output[members[0].start...])
        let base = members[0].start
        func key(_ place: Int) -> ArraySlice<UInt8> {
            body[(members[place].start - base)..<(members[place].value - base)]
        }
        // Equal keys keep their order, so that the last one can be found.
        let order = members.indices.sorted { left, right in
            let (a, b) = (key(left), key(right))
            return a.elementsEqual(b) ? left < right : a.lexicographicallyPrecedes(b)
        }
        output.removeSubrange(base...)
        for place in order.indices {
            let member = order[place]
            if place + 1 < order.count, key(member).elementsEqual(key(order[place + 1])) {
                continue
            }
            let end = member + 1 < members.count ? members[member + 1].start - base : body.count
            if dropsEmptyMeta, open.isEmpty, key(member).elementsEqual(Self.metaKey),
                body[(members[member].value - base)..<end].elementsEqual(Self.emptyObject)
            {
                continue
            }
            output.append(contentsOf: body[(members[member].start - base)..<end])
        }
    }

    private static let metaKey: [UInt8] =
        [0x73, 4, 0, 0, 0, 0, 0, 0, 0] + [0x6D, 0x65, 0x74, 0x61]
    private static let emptyObject: [UInt8] = [0x6F, 0x7D]
}
