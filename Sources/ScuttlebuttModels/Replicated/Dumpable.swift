// SPDX-License-Identifier: MIT

/// A replicated value that can be exported as plain JSON.
public protocol Dumpable {
    /// Appends the contents as one JSON value. The bytes are the same on every peer that has had
    /// the same updates.
    ///
    /// Members of objects have the order of JavaScript's properties as far as peers can agree on
    /// it: integer-like keys first, ascending by number, then all others by UTF-16 code units. (The
    /// original keeps the others in order of arrival, which differs from peer to peer.)
    func appendDump(to output: inout [UInt8])
}

extension Dumpable {
    /// The contents, as one JSON value.
    ///
    /// - Complexity: O(*n* log *n*).
    public var dump: [UInt8] {
        var output: [UInt8] = []
        appendDump(to: &output)
        return output
    }
}
