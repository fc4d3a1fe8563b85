// SPDX-License-Identifier: MIT

/// Text in fewer bytes: whatever repeats something of the last 64 KiB is replaced by a reference.
///
/// The bytes are steps. A step begins with a byte: above, the number of literals; below, the length
/// of the repetition minus four. Fifteen literals or more have the rest of their number as a
/// variable-length integer behind that byte. Then come the literals, then the distance of the
/// repetition in two bytes, lowest first, and, if fifteen stands below, one more byte to add to its
/// length. The last step ends with its literals.
///
/// A step of four bytes gives at most 274, so bytes that lie take at most 69 times their size.
enum PackedText {
    private static let minimumLength = 4
    private static let maximumLength = minimumLength + 15 + 255
    private static let maximumDistance = 65_535
    private static let hashBits = 13
    private static let stride = 8
    /// How much more room than for the text ``copy(_:_:_:_:_:)`` needs in its output.
    static let slack = stride

    /// The most bytes of text that `count` packed bytes can stand for.
    static func limit(of count: Int) -> Int { count * 69 }

    // MARK: Packing

    /// Packs a text; `nil` if it would not become smaller.
    ///
    /// Equal texts have equal packed bytes.
    ///
    /// - Complexity: O(n), about two nanoseconds per byte.
    static func pack(_ text: [UInt8]) -> [UInt8]? {
        // Shorter ones hardly repeat anything.
        guard text.count >= 32, text.count <= Int(Int32.max) / 2 else { return nil }
        let packed = [UInt8](unsafeUninitializedCapacity: text.count + slack) { output, count in
            text.withUnsafeBytes { text in
                count = pack(text, into: UnsafeMutableRawBufferPointer(output))
            }
        }
        return packed.isEmpty ? nil : packed
    }

    /// Returns the number of packed bytes; 0 if there are no fewer than of the text.
    private static func pack(
        _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1 << hashBits) { table in
            table.initialize(repeating: -1)
            var written = 0
            var (index, literals) = (0, 0)
            // So that eight bytes can be read anywhere below it.
            let end = text.count &- stride
            var misses = 0
            while index <= end {
                let word = text.loadUnaligned(fromByteOffset: index, as: UInt32.self)
                let hash = (UInt32(littleEndian: word) &* 2_654_435_761) &>> UInt32(32 - hashBits)
                let found = Int(table[Int(hash)])
                table[Int(hash)] = Int32(truncatingIfNeeded: index)
                guard found >= 0, index &- found <= maximumDistance,
                    text.loadUnaligned(fromByteOffset: found, as: UInt32.self) == word
                else {
                    // Where nothing repeats, fewer places are tried.
                    misses &+= 1
                    index &+= 1 &+ misses >> 3
                    continue
                }
                misses = 0
                let length = length(of: text, from: found, again: index)
                guard
                    append(
                        text, literals..<index, length, index &- found, to: output, at: &written)
                else { return 0 }
                index &+= length
                literals = index
            }
            let isWritten = append(text, literals..<text.count, 0, 0, to: output, at: &written)
            return isWritten && written < text.count ? written : 0
        }
    }

    /// How much of what begins at `found` comes again at `index`; the first four bytes do.
    private static func length(
        of text: UnsafeRawBufferPointer, from found: Int, again index: Int
    ) -> Int {
        var length = minimumLength
        let longest = min(maximumLength, text.count &- index)
        while length &+ stride <= longest {
            let one = text.loadUnaligned(fromByteOffset: found &+ length, as: UInt64.self)
            let other = text.loadUnaligned(fromByteOffset: index &+ length, as: UInt64.self)
            if one != other {
                return length
                    &+ (UInt64(littleEndian: one) ^ UInt64(littleEndian: other))
                    .trailingZeroBitCount / 8
            }
            length &+= stride
        }
        while length < longest, text[found &+ length] == text[index &+ length] { length &+= 1 }
        return length
    }

    /// Appends a step; returns whether there was room for it.
    @inline(__always)
    private static func append(
        _ text: UnsafeRawBufferPointer, _ literals: Range<Int>, _ length: Int, _ distance: Int,
        to output: UnsafeMutableRawBufferPointer, at written: inout Int
    ) -> Bool {
        // The first byte, a number of at most five, what the copy writes behind its end, and a
        // distance and a length, which are written there.
        guard output.count &- written >= literals.count &+ 6 &+ stride else { return false }
        let count = literals.count
        let below = length == 0 ? 0 : min(length &- minimumLength, 15)
        output[written] = UInt8(truncatingIfNeeded: min(count, 15) &<< 4 | below)
        written &+= 1
        if count >= 15 {
            var rest = count &- 15
            while rest >= 0x80 {
                output[written] = UInt8(truncatingIfNeeded: rest) | 0x80
                written &+= 1
                rest &>>= 7
            }
            output[written] = UInt8(truncatingIfNeeded: rest)
            written &+= 1
        }
        copy(count, text, literals.lowerBound, output, written)
        written &+= count
        guard length > 0 else { return true }
        output[written] = UInt8(truncatingIfNeeded: distance)
        output[written &+ 1] = UInt8(truncatingIfNeeded: distance &>> 8)
        written &+= 2
        if below == 15 {
            output[written] = UInt8(truncatingIfNeeded: length &- minimumLength &- 15)
            written &+= 1
        }
        return true
    }

    // MARK: Unpacking

    /// Unpacks a text of `count` bytes; `nil` if the bytes are damaged.
    ///
    /// - Complexity: O(count), less than a nanosecond per byte.
    static func unpack(_ packed: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
        guard count <= limit(of: packed.count) else { return nil }
        var isWhole = false
        let text = [UInt8](unsafeUninitializedCapacity: count + slack) { output, written in
            isWhole = packed.withUnsafeBytes { packed in
                unpack(packed, into: UnsafeMutableRawBufferPointer(output), &written, count)
            }
        }
        return isWhole ? text : nil
    }

    private static func unpack(
        _ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        _ written: inout Int, _ count: Int
    ) -> Bool {
        // Local, because they change with every step.
        var (index, place) = (0, 0)
        defer { written = place }
        while index < packed.count {
            let first = packed[index]
            index &+= 1
            var literals = Int(first >> 4)
            if literals == 15 {
                var shift = 0
                while true {
                    guard index < packed.count, shift < 35 else { return false }
                    let byte = packed[index]
                    index &+= 1
                    literals &+= Int(byte & 0x7F) << shift
                    shift &+= 7
                    if byte < 0x80 { break }
                }
            }
            guard literals <= packed.count - index, literals <= count - place else { return false }
            copy(literals, packed, index, output, place)
            index &+= literals
            place &+= literals
            if place == count { return index == packed.count }
            guard packed.count - index >= 2 else { return false }
            let distance = Int(packed[index]) | Int(packed[index &+ 1]) << 8
            index &+= 2
            var length = Int(first & 15) &+ minimumLength
            if first & 15 == 15 {
                guard index < packed.count else { return false }
                length &+= Int(packed[index])
                index &+= 1
            }
            guard distance > 0, distance <= place, length <= count - place else { return false }
            if distance >= stride {
                copy(length, UnsafeRawBufferPointer(output), place - distance, output, place)
            } else {
                // It repeats what it is about to write.
                for offset in 0..<length {
                    output[place &+ offset] = output[place &+ offset &- distance]
                }
            }
            place &+= length
        }
        return place == count
    }

    // MARK: Copying

    /// Copies `count` bytes, eight at a time.
    ///
    /// It writes up to seven more behind them, for which the output must have room.
    @inline(__always)
    static func copy(
        _ count: Int, _ input: UnsafeRawBufferPointer, _ from: Int,
        _ output: UnsafeMutableRawBufferPointer, _ to: Int
    ) {
        guard from &+ count &+ stride <= input.count else {
            for offset in 0..<count { output[to &+ offset] = input[from &+ offset] }
            return
        }
        var offset = 0
        while offset < count {
            output.storeBytes(
                of: input.loadUnaligned(fromByteOffset: from &+ offset, as: UInt64.self),
                toByteOffset: to &+ offset, as: UInt64.self)
            offset &+= stride
        }
    }
}
