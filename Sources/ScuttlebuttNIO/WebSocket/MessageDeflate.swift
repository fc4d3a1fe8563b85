// SPDX-License-Identifier: MIT

import CZlib

/// Compresses and inflates the payload of one WebSocket message (RFC 7692, section 7.2).
///
/// No message refers to an earlier one, so these are functions: a connection keeps nothing, and a
/// payload has the same compressed form for every peer.
enum MessageDeflate {
    /// Why a payload cannot be inflated.
    enum Failure: Error {
        /// It is not DEFLATE, or ends in the middle of it.
        case corrupt
        /// There would be more than the bound.
        case tooLong
    }

    /// The largest window that DEFLATE has: 2^15 bytes.
    static let maximumWindowBits = 15

    /// Each message ends with these bytes, an empty block, which are not sent.
    private static let tail: [UInt8] = [0, 0, 0xFF, 0xFF]

    // MARK: Compressing

    /// Returns the compressed form of a payload, or `nil` if it would not be smaller.
    ///
    /// - Parameter windowBits: How far back the compressed form may refer, as a power of 2: 9 to
    ///   15. zlib cannot write with a window of 2^8 bytes: it refuses, or writes with a larger one
    ///   that the peer need not have.
    /// - Complexity: O(bytes), some 6 ms a megabyte; up to 268 KB of memory meanwhile.
    static func compress(
        _ bytes: UnsafeRawBufferPointer, windowBits: Int = maximumWindowBits
    ) -> [UInt8]? {
        precondition((9...maximumWindowBits).contains(windowBits), "zlib writes with 9 to 15 bits")
        guard let input = bytes.baseAddress, let count = UInt32(exactly: bytes.count) else {
            return nil
        }
        // A window larger than the payload is never used, but would be allocated and cleared.
        let needed = Int.bitWidth - (bytes.count - 1).leadingZeroBitCount
        let bits = min(windowBits, max(9, needed))
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, Int32(-bits), Int32(max(5, bits - 7)),
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
        defer { deflateEnd(stream) }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = count
        // What does not fit is not worth sending.
        var compressed = [UInt8](unsafeUninitializedCapacity: bytes.count) { room, used in
            stream.pointee.next_out = room.baseAddress
            stream.pointee.avail_out = count
            let isComplete =
                deflate(stream, Z_SYNC_FLUSH) == Z_OK && stream.pointee.avail_out > 0
            used = isComplete ? Int(count - stream.pointee.avail_out) : 0
        }
        guard compressed.suffix(tail.count).elementsEqual(tail) else { return nil }
        compressed.removeLast(tail.count)
        return compressed
    }

    // MARK: Inflating

    /// Returns the payload of which `bytes` are the compressed form.
    ///
    /// At no time is more memory in use for it than `maximumByteCount` and 64 KB: if more
    /// comes out than most payloads would give, it is measured first, into nowhere.
    ///
    /// - Throws: ``Failure/tooLong`` if it has more than `maximumByteCount` bytes, or
    ///   ``Failure/corrupt``.
    /// - Complexity: O(bytes inflated), at most a little more than `maximumByteCount`.
    static func inflated(
        _ bytes: UnsafeRawBufferPointer, maximumByteCount: Int
    ) throws(Failure) -> [UInt8] {
        let bound = min(maximumByteCount, Int(UInt32.max) - 1)
        let guess = bytes.count < bound / 16 ? min(bound, max(1_024, bytes.count * 16)) : bound
        let inflation = try Inflation()
        if let payload = try inflation.run(bytes, room: guess) { return payload }
        guard guess < bound else { throw .tooLong }
        let count = try inflation.measure(bytes, bound: bound)
        guard let payload = try inflation.run(bytes, room: count) else { throw .corrupt }
        return payload
    }
}
