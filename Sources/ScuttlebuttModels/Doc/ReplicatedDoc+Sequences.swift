// SPDX-License-Identifier: MIT

public import Scuttlebutt

// Every function here says what is to be written, and changes nothing itself. A row that is not
// there yet is made; one that is in the sequence already is moved, never doubled.
extension ReplicatedDoc {
    /// The update that puts a row at the end of a declared sequence.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makePush(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(id, members, at: .max, in: sequence)
    }

    /// The update that puts a row at the beginning of a declared sequence.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeUnshift(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(id, members, at: 0, in: sequence)
    }

    /// The update that puts a row before another one; at the end when that one is not there.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], before other: PropertyKey,
        in sequence: PropertyKey
    ) throws -> Payload {
        let index = core.sequence(sequence).index(of: other, without: id)
        return try makeInsert(id, members, at: index ?? .max, in: sequence)
    }

    /// The update that puts a row after another one; at the beginning when that one is not there.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], after other: PropertyKey,
        in sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(
            id, members, at: core.sequence(sequence).index(behind: other, without: id),
            in: sequence)
    }

    /// The update that puts a row at an index, which is clamped to what there is.
    ///
    /// The index is the one that the row will have.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot express.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], at index: Int,
        in sequence: PropertyKey
    ) throws -> Payload {
        var members = try Self.encoded(members)
        core.sequence(sequence).put(id, at: index, core.row(id)?.members, &members)
        return DocWrite.payload(id, members)
    }

    /// The update that moves a row to an index; `nil` when it is there, or not in the sequence.
    ///
    /// - Parameter index: The one that the row will have; clamped to what there is.
    public func makeMove(
        _ id: PropertyKey, to index: Int, in sequence: PropertyKey
    ) -> Payload? {
        let view = core.sequence(sequence)
        let last = view.rows.count - 1
        guard let own = view.index(of: id), own != Swift.min(Swift.max(index, 0), last) else {
            return nil
        }
        var members: [(key: PropertyKey, value: Payload)] = []
        view.put(id, at: index, core.row(id)?.members, &members)
        return DocWrite.payload(id, members)
    }

    /// The update that moves a row before another one, to the end when that one is not there; `nil`
    /// when it stands so, or is not in the sequence.
    public func makeMove(
        _ id: PropertyKey, before other: PropertyKey, in sequence: PropertyKey
    ) -> Payload? {
        let index = core.sequence(sequence).index(of: other, without: id)
        return makeMove(id, to: index ?? .max, in: sequence)
    }

    /// The update that moves a row after another one, to the beginning when that one is not there;
    /// `nil` when it stands so, or is not in the sequence.
    public func makeMove(
        _ id: PropertyKey, after other: PropertyKey, in sequence: PropertyKey
    ) -> Payload? {
        makeMove(id, to: core.sequence(sequence).index(behind: other, without: id), in: sequence)
    }

    /// The update that takes the last row out of a sequence; the row itself stays in the document.
    ///
    /// - Returns: `nil` when the sequence is empty, or declared by a filter.
    public func makePop(from sequence: PropertyKey) -> Payload? {
        core.sequence(sequence).rows.last.flatMap { makeRemove($0.key.id, from: sequence) }
    }

    /// The update that takes the first row out of a sequence; the row itself stays in the document.
    ///
    /// - Returns: `nil` when the sequence is empty, or declared by a filter.
    public func makeShift(from sequence: PropertyKey) -> Payload? {
        core.sequence(sequence).rows.first.flatMap { makeRemove($0.key.id, from: sequence) }
    }
}
