// SPDX-License-Identifier: MIT

/// A replicated value that can be exported as plain JSON.
public protocol Dumpable {
    /// Appends what the value holds as one JSON value, the same bytes on every peer that has had
    /// the same updates.
    ///
    /// Members of objects stand in the order that JavaScript gives them as far as peers can agree
    /// on it: integer-like keys first, ascending by number, then all others by UTF-16 code units
    /// (the original has them in the order of arrival, which differs from peer to peer).
    func appendDump(to output: inout [UInt8])
}

extension Dumpable {
    /// What the value holds, as one JSON value.
    ///
    /// - Complexity: O(*n* log *n*) in what is held.
    public var dump: [UInt8] {
        var output: [UInt8] = []
        appendDump(to: &output)
        return output
    }
}
