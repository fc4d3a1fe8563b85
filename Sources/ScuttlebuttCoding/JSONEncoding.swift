// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Encodes `Encodable` values directly to JSON bytes, without Foundation and without building a
/// tree.
///
/// The result is what `JSON.stringify` would print: no spaces, members in the order in which they
/// are encoded, and shortest numbers. Dictionaries are ordered by their keys' UTF-16 code units,
/// because Swift's order differs from run to run. Dictionaries whose keys are not strings or
/// integers are encoded as an array of keys and values, ordered by the keys' bytes. The order of a
/// `Set` cannot be made deterministic.
public struct JSONEncoding: Sendable {
    /// Creates an encoder.
    public init() {}

    /// Encodes one value.
    ///
    /// Integers keep all their digits, although JavaScript reads those beyond 2^53 inexactly.
    ///
    /// - Throws: `EncodingError` for a number that is not finite, or a value that encodes nothing.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        return try writer.finish(value)
    }
}

/// An array or object in the output.
struct WriteFrame {
    /// The offset of its opening bracket.
    var start: Int
    /// The offset of its closing bracket, once it has one.
    var end: Int
    var count = 0
    var isObject: Bool
    var isClosed: Bool { end >= 0 }
}

/// The output of a document.
///
/// One writer serves as the `Encoder` of all nested values. Containers write to the end of the
/// output. If a container is used after something else was written behind it, which synthesised
/// code never does, its bytes are inserted.
final class JSONWriter: Encoder {
    // Each access to the following properties ends before anything else runs, so dynamic
    // exclusivity checks would only cost time.
    @exclusivity(unchecked) var output: [UInt8] = []
    /// All containers, by number.
    @exclusivity(unchecked) var frames: [WriteFrame] = []
    /// The numbers of the containers without a closing bracket, innermost last.
    @exclusivity(unchecked) var open: [Int] = []
    /// What the current value has written: a container's number, ``nothing`` or ``scalar``.
    @exclusivity(unchecked) var made = nothing
    /// The progress of writing the root as a flat action, if it is one.
    @exclusivity(unchecked) var flat: FlatWriting?

    /// Whether something may be nested more deeply than there are frames.
    var hasUncountedDepth = false
    /// Whether a value encoded two different things, in which case encoding fails at the end.
    var isContradictory = false

    static let nothing = -1
    static let scalar = -2

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var codingPath: [any CodingKey] { JSONPath.path(to: output.count, in: output) }

    init() { output.reserveCapacity(192) }

    func finish(_ value: some Encodable) throws -> [UInt8] {
        try encode(value)
        close(downTo: 0)
        finishFlat()
        if output.isEmpty || isContradictory {
            let problem =
                isContradictory
                ? "a value encodes two different things" : "the value encodes nothing"
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: problem))
        }
        // Copy to an array of exactly the right size, because payloads are long-lived.
        return output.withUnsafeBufferPointer { bytes in
            [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
                count = buffer.update(fromContentsOf: bytes)
            }
        }
    }

    /// Encodes a value of any type at the end of the output.
    func encode<T: Encodable>(_ value: T) throws {
        if T.self == JSONValue.self, let value = value as? JSONValue {
            value.write(to: &output)
            hasUncountedDepth = true
            made = Self.scalar
            return
        }
        let depth = open.count
        made = Self.nothing
        if MemoryLayout<T>.size == MemoryLayout<Int>.size,
            let dictionary = value as? any EncodedInKeyOrder
        {
            try dictionary.encodeInKeyOrder(to: self)
        } else {
            try value.encode(to: self)
        }
        close(downTo: depth)
        if made == Self.nothing, depth > 0 || flat != nil { output += [0x7B, 0x7D] }
        made = Self.scalar
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if isAtFlatRoot {
            return KeyedEncodingContainer(KeyedWriter(self, frame: KeyedWriter<Key>.flatRoot))
        }
        return KeyedEncodingContainer(KeyedWriter(self, frame: frame(isObject: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(writer: self, frame: frame(isObject: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleWriter(writer: self, isFlat: isAtFlatRoot)
    }

    /// Whether the next value determines the form of an action.
    private var isAtFlatRoot: Bool {
        flat?.isCase == false && open.isEmpty && made == Self.nothing
    }

    /// Returns the container of the current value, creating it if necessary.
    private func frame(isObject: Bool) -> Int {
        if made >= 0, frames[made].isObject == isObject { return made }
        if made != Self.nothing { isContradictory = true }
        made = openFrame(isObject: isObject)
        return made
    }

    /// Opens a container at the end of the output.
    func openFrame(isObject: Bool) -> Int {
        let number = frames.count
        frames.append(WriteFrame(start: output.count, end: -1, isObject: isObject))
        open.append(number)
        output.append(isObject ? 0x7B : 0x5B)
        return number
    }

    /// Closes the innermost containers until `depth` are open.
    @inline(__always)
    func close(downTo depth: Int) {
        while open.count > depth, let number = open.popLast() {
            frames[number].end = output.count
            output.append(frames[number].isObject ? 0x7D : 0x5D)
        }
    }

    /// Prepares the end of the output for the next element of a container.
    ///
    /// - Returns: False if the container is closed, so that the element must be inserted.
    @inline(__always)
    func begin(_ number: Int) -> Bool {
        if open.last != number {
            guard !frames[number].isClosed, let depth = open.lastIndex(of: number) else {
                return false
            }
            close(downTo: depth + 1)
        }
        if frames[number].count > 0 { output.append(0x2C) }
        frames[number].count += 1
        return true
    }

    func writeKey(_ key: String) {
        writeString(key)
        output.append(0x3A)
    }

    @inline(__always)
    func writeString(_ text: String) { JSONWriter.append(text, to: &output) }

    /// Appends a string literal.
    @inline(__always)
    static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { JSONString.encode($0, into: &output) }
    }

    func writeBool(_ value: Bool) {
        output.append(
            contentsOf: value ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6C, 0x73, 0x65])
    }

    func writeNull() { output.append(contentsOf: [0x6E, 0x75, 0x6C, 0x6C]) }

    @inline(__always)
    func writeInteger<T: FixedWidthInteger>(_ value: T) {
        if T.isSigned {
            JSONNumber.append(Int64(truncatingIfNeeded: value), to: &output)
        } else {
            JSONNumber.append(UInt64(truncatingIfNeeded: value), to: &output)
        }
    }

    func writeDouble(_ value: Double) throws {
        guard value.isFinite else { throw notFinite(value) }
        JSONNumber.append(value, to: &output)
    }

    func writeFloat(_ value: Float) throws {
        guard value.isFinite else { throw notFinite(value) }
        // The double nearest to the float's shortest digits prints as those digits.
        JSONNumber.append(JSONNumber.parse(Array(value.description.utf8)), to: &output)
    }

    private func notFinite(_ value: some BinaryFloatingPoint) -> EncodingError {
        .invalidValue(
            value, .init(codingPath: codingPath, debugDescription: "JSON has no \(value)"))
    }
}
