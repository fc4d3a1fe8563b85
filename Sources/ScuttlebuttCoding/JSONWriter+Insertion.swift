// SPDX-License-Identifier: MIT

extension JSONWriter {
    /// Writes an element of a container, wherever the container is.
    ///
    /// - Parameters:
    ///   - number: The number of the container.
    ///   - key: The element's key, if the container is an object.
    ///   - write: Appends the element's value to the output of the writer it is given.
    func element(
        of number: Int, key: String?, _ write: (JSONWriter) throws -> Void
    ) throws {
        if begin(number) {
            if let key { writeKey(key) }
            return try write(self)
        }
        hasUncountedDepth = true
        let other = JSONWriter()
        try write(other)
        other.close(downTo: 0)
        insert(other.output, into: number, key: key)
    }

    /// Adds an element to a closed container.
    ///
    /// - Returns: The offset of the element's value.
    @discardableResult
    func insert(_ value: [UInt8], into number: Int, key: String?) -> Int {
        let place = frames[number].end
        let part = JSONWriter()
        if frames[number].count > 0 { part.output.append(0x2C) }
        if let key { part.writeKey(key) }
        let start = place + part.output.count
        frames[number].count += 1
        replace(place..<place, with: part.output + value)
        return start
    }

    /// Replaces bytes and moves all frames behind them.
    func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        output.replaceSubrange(range, with: bytes)
        let shift = bytes.count - range.count
        for index in frames.indices {
            if frames[index].start >= range.upperBound { frames[index].start += shift }
            if frames[index].end >= range.upperBound { frames[index].end += shift }
        }
    }

    /// Adds an empty, closed container as an element of another one.
    ///
    /// It can be filled at any later time, as is needed for `superEncoder` and for containers
    /// within closed ones.
    func placeholder(in number: Int, key: String?, isObject: Bool) -> Int {
        let bytes: [UInt8] = isObject ? [0x7B, 0x7D] : [0x5B, 0x5D]
        let start: Int
        if begin(number) {
            if let key { writeKey(key) }
            start = output.count
            output += bytes
        } else {
            start = insert(bytes, into: number, key: key)
        }
        frames.append(WriteFrame(start: start, end: start + 1, isObject: isObject))
        return frames.count - 1
    }

    /// Returns a new container within another one.
    func nested(in number: Int, key: String?, isObject: Bool) -> Int {
        guard begin(number) else {
            return placeholder(in: number, key: key, isObject: isObject)
        }
        if let key { writeKey(key) }
        return openFrame(isObject: isObject)
    }
}

/// The encoder returned by `superEncoder`, whose value replaces an empty object.
final class PlacedEncoder: Encoder {
    private let writer: JSONWriter
    private let frame: Int

    init(_ writer: JSONWriter, _ frame: Int) {
        self.writer = writer
        self.frame = frame
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var codingPath: [any CodingKey] {
        JSONPath.path(to: writer.frames[frame].start, in: writer.output)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter(writer, frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let range = writer.frames[frame]
        if range.isObject, range.count == 0 {
            writer.output[range.start] = 0x5B
            writer.output[range.end] = 0x5D
            writer.frames[frame].isObject = false
        }
        return UnkeyedWriter(writer: writer, frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleWriter(writer: writer, isFlat: false, placeholder: frame)
    }
}
