// SPDX-License-Identifier: MIT

import CZlib

/// zlib's state while one message is inflated.
///
/// zlib notes the place of its state, so that it must not move.
struct Inflation: ~Copyable {
    /// How much is inflated at a time where only the length is wanted.
    private static let scratchByteCount = 16_384

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `.corrupt` if there is no memory, since nothing can be read then.
    init() throws(MessageDeflate.Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, Int32(-MessageDeflate.maximumWindowBits), ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .corrupt
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Returns the payload, or `nil` if it has more than `room` bytes.
    func run(
        _ bytes: UnsafeRawBufferPointer, room: Int
    ) throws(MessageDeflate.Failure) -> [UInt8]? {
        var fits = true
        var failure: MessageDeflate.Failure?
        // One byte more, because zlib may have something left when there is no room left.
        let payload = [UInt8](unsafeUninitializedCapacity: room + 1) { target, used in
            do throws(MessageDeflate.Failure) {
                used = try feed(bytes, to: target) {
                    fits = false
                    return false
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return fits ? payload : nil
    }

    /// Returns how many bytes the payload has.
    func measure(
        _ bytes: UnsafeRawBufferPointer, bound: Int
    ) throws(MessageDeflate.Failure) -> Int {
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.scratchByteCount)
        defer { scratch.deallocate() }
        var before = 0
        let last = try feed(bytes, to: scratch) {
            before += scratch.count
            return before <= bound
        }
        guard before <= bound, before + last <= bound else { throw .tooLong }
        return before + last
    }

    /// Inflates a payload and the tail that was not sent into `target`, from its start again each
    /// time it is full and `isFull` returns true.
    ///
    /// - Returns: How many bytes stand in `target` since it was last full.
    private func feed(
        _ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<UInt8>,
        _ isFull: () -> Bool
    ) throws(MessageDeflate.Failure) -> Int {
        guard inflateReset(stream) == Z_OK, let count = UInt32(exactly: bytes.count),
            let room = UInt32(exactly: target.count)
        else { throw .corrupt }
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = room
        // The bytes 00 00 FF FF, whatever the order of bytes in memory.
        var tail = UInt32(0x0000_FFFF).bigEndian
        return try withUnsafeMutableBytes(of: &tail) { tail throws(MessageDeflate.Failure) in
            let sent = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? tail.baseAddress
            for (piece, size) in [(sent, count), (tail.baseAddress, 4)] {
                stream.pointee.next_in = piece?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_in = size
                guard try drain(target, room, isFull) else { return target.count }
            }
            // It must end where a block does, and the tail is one.
            guard stream.pointee.data_type & 128 != 0 else { throw .corrupt }
            return target.count - Int(stream.pointee.avail_out)
        }
    }

    /// Inflates what zlib has been given, and returns false if there was no room for it.
    private func drain(
        _ target: UnsafeMutableBufferPointer<UInt8>, _ room: UInt32, _ isFull: () -> Bool
    ) throws(MessageDeflate.Failure) -> Bool {
        while true {
            let status = inflate(stream, Z_SYNC_FLUSH)
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END:
                // A block that says it is the last one; others may follow (section 7.2.3.4).
                guard inflateReset(stream) == Z_OK else { throw .corrupt }
            default: throw .corrupt
            }
            if stream.pointee.avail_out == 0 {
                guard isFull() else { return false }
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = room
            } else if stream.pointee.avail_in == 0 {
                return true
            } else if status == Z_BUF_ERROR {
                throw .corrupt
            }
        }
    }
}
