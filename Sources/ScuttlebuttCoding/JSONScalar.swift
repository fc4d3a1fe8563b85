// SPDX-License-Identifier: MIT

/// The types that a container reads and writes directly, as one JSON token.
///
/// A generic method of a container is the witness for all the methods that the standard library
/// requires for these types.
protocol JSONScalar: Codable {
    static func read(from reader: JSONReader, at range: ValueRange) throws -> Self
    func write(to writer: JSONWriter) throws
}

extension JSONScalar where Self: FixedWidthInteger {
    @inline(__always)
    static func read(from reader: JSONReader, at range: ValueRange) throws -> Self {
        try reader.integer(Self.self, at: range)
    }

    @inline(__always)
    func write(to writer: JSONWriter) { writer.writeInteger(self) }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}

extension Bool: JSONScalar {
    static func read(from reader: JSONReader, at range: ValueRange) throws -> Bool {
        try reader.bool(at: range)
    }

    func write(to writer: JSONWriter) { writer.writeBool(self) }
}

extension String: JSONScalar {
    @inline(__always)
    static func read(from reader: JSONReader, at range: ValueRange) throws -> String {
        try reader.string(at: range)
    }

    @inline(__always)
    func write(to writer: JSONWriter) { writer.writeString(self) }
}

extension Double: JSONScalar {
    static func read(from reader: JSONReader, at range: ValueRange) throws -> Double {
        try reader.double(at: range)
    }

    func write(to writer: JSONWriter) throws { try writer.writeDouble(self) }
}

extension Float: JSONScalar {
    static func read(from reader: JSONReader, at range: ValueRange) throws -> Float {
        try reader.float(at: range)
    }

    func write(to writer: JSONWriter) throws { try writer.writeFloat(self) }
}
