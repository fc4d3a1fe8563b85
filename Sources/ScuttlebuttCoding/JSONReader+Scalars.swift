// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONReader {
    func isNull(at range: ValueRange) -> Bool { byte(range) == 0x6E }

    func bool(at range: ValueRange) throws -> Bool {
        switch byte(range) {
        case 0x74: return true
        case 0x66: return false
        default: throw mismatch(Bool.self, at: range)
        }
    }

    @inline(__always)
    func string(at range: ValueRange) throws -> String {
        guard byte(range) == 0x22, range.upperBound - range.lowerBound >= 2 else {
            throw mismatch(String.self, at: range)
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let (start, end) = (range.lowerBound + 1, range.upperBound - 1)
            var index = start
            while index < end, buffer[index] != 0x5C { index &+= 1 }
            if index == end {
                let inner = UnsafeBufferPointer(rebasing: buffer[start..<end])
                return String(decoding: inner, as: UTF8.self)
            }
            let text = try? JSONString.decoded(buffer, at: range.lowerBound)
            return String(decoding: text ?? [], as: UTF8.self)
        }
    }

    func double(at range: ValueRange) throws -> Double {
        guard isNumber(range) else { throw mismatch(Double.self, at: range) }
        let value = bytes.withUnsafeBufferPointer {
            JSONNumber.parse($0, range)
        }
        guard value.isFinite else { throw misfit(Double.self, at: range) }
        return value
    }

    func float(at range: ValueRange) throws -> Float {
        guard isNumber(range) else { throw mismatch(Float.self, at: range) }
        let value = Float(try double(at: range))
        guard value.isFinite else { throw misfit(Float.self, at: range) }
        return value
    }

    /// Decodes an integer of any width.
    ///
    /// As in JavaScript, `1.0` and `1e3` are integers too.
    @inline(__always)
    func integer<T: FixedWidthInteger>(_ type: T.Type, at range: ValueRange) throws -> T {
        let small = bytes.withUnsafeBufferPointer {
            JSONNumber.parseInteger($0, range)
        }
        if let small, let value = T(exactly: small) { return value }
        return try unusualInteger(type, at: range)
    }

    @inline(never)
    private func unusualInteger<T: FixedWidthInteger>(
        _ type: T.Type, at range: ValueRange
    ) throws -> T {
        guard isNumber(range) else { throw mismatch(type, at: range) }
        let text = String(decoding: bytes[range], as: UTF8.self)
        if let value = T(text) { return value }
        let double = bytes.withUnsafeBufferPointer {
            JSONNumber.parse($0, range)
        }
        // A double in this range is an integer only if it survives conversion and back.
        guard double.magnitude <= 9_007_199_254_740_992 else { throw misfit(type, at: range) }
        let whole = Int64(double)
        guard Double(whole) == double, let value = T(exactly: whole) else {
            throw misfit(type, at: range)
        }
        return value
    }

    private func isNumber(_ range: ValueRange) -> Bool {
        let byte = byte(range)
        return byte == 0x2D || (0x30...0x39).contains(byte)
    }

    @inline(never)
    func mismatch(_ type: any Any.Type, at range: ValueRange) -> DecodingError {
        let found =
            switch byte(range) {
            case 0x22: "a string"
            case 0x7B: "an object"
            case 0x5B: "an array"
            case 0x74, 0x66: "a Boolean"
            case 0x6E: "null"
            default: "a number"
            }
        let context = DecodingError.Context(
            codingPath: path(to: range), debugDescription: "expected \(type), found \(found)")
        return isNull(at: range) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    private func misfit(_ type: any Any.Type, at range: ValueRange) -> DecodingError {
        let text = String(decoding: bytes[range].prefix(40), as: UTF8.self)
        return .dataCorrupted(
            .init(codingPath: path(to: range), debugDescription: "\(text) does not fit in \(type)"))
    }
}
