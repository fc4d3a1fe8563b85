// SPDX-License-Identifier: MIT

/// What can be written as one JSON value.
public protocol JSONWritable {
    /// Writes the value; exactly one.
    ///
    /// Equal values must give equal bytes: sort what comes out of a dictionary or a set.
    func write(to json: inout JSONOutput)
}

extension JSONWritable {
    /// The value as JSON.
    ///
    /// - Complexity: O(n), where n is its length.
    public var jsonBytes: [UInt8] {
        var json = JSONOutput()
        write(to: &json)
        return json.bytes
    }
}

extension Int: JSONWritable {
    /// Writes a number.
    public func write(to json: inout JSONOutput) { Int64(self).write(to: &json) }
}

extension Int64: JSONWritable {
    /// Writes a number, of which JavaScript reads the first 53 bits.
    public func write(to json: inout JSONOutput) { json.number(self) }
}

extension Double: JSONWritable {
    /// Writes a number, or `null` if it is not finite, as in JavaScript.
    public func write(to json: inout JSONOutput) { json.number(self) }
}

extension Bool: JSONWritable {
    /// Writes `true` or `false`.
    public func write(to json: inout JSONOutput) { json.word(self ? "true" : "false") }
}

extension String: JSONWritable {
    /// Writes a string.
    public func write(to json: inout JSONOutput) { json.string(Array(utf8)) }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// Writes the value, or `null`.
    public func write(to json: inout JSONOutput) {
        if let self { self.write(to: &json) } else { json.word("null") }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// Writes an array.
    public func write(to json: inout JSONOutput) {
        json.array { json in
            for element in self { element.write(to: &json) }
        }
    }
}
