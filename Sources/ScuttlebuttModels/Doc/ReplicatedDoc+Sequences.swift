// SPDX-License-Identifier: MIT

public import Scuttlebutt

// These methods change nothing. A row that does not exist is created; a row that is already in the
// sequence moves, so it never appears twice.
extension ReplicatedDoc {
    /// Creates the update that puts a row at the end of a declared sequence.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makePush(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(id, members, at: .max, in: sequence)
    }

    /// Creates the update that puts a row at the start of a declared sequence.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeUnshift(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], to sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(id, members, at: 0, in: sequence)
    }

    /// Creates the update that puts a row before another one, or at the end if that one is not
    /// present.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], before other: PropertyKey,
        in sequence: PropertyKey
    ) throws -> Payload {
        let index = core.sequence(sequence).index(of: other, without: id)
        return try makeInsert(id, members, at: index ?? .max, in: sequence)
    }

    /// Creates the update that puts a row after another one, or at the start if that one is not
    /// present.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], after other: PropertyKey,
        in sequence: PropertyKey
    ) throws -> Payload {
        try makeInsert(
            id, members, at: core.sequence(sequence).index(behind: other, without: id),
            in: sequence)
    }

    /// Creates the update that puts a row at an index, clamped to the sequence.
    ///
    /// The index is the row's index afterwards.
    ///
    /// - Throws: `EncodingError` if JSON cannot express a value.
    public func makeInsert(
        _ id: PropertyKey, _ members: [PropertyKey: Value] = [:], at index: Int,
        in sequence: PropertyKey
    ) throws -> Payload {
        var members = try Self.encoded(members)
        core.sequence(sequence).put(id, at: index, core.row(id)?.members, &members)
        return DocWrite.payload(id, members)
    }

    /// Creates the update that moves a row to an index; `nil` if it is already there or not in the
    /// sequence.
    ///
    /// - Parameters:
    ///   - id: The row.
    ///   - index: The row's index afterwards, clamped to the sequence.
    ///   - sequence: The name of the sequence.
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

    /// Creates the update that moves a row before another one, or to the end if that one is not
    /// present; `nil` if the row is already there or not in the sequence.
    public func makeMove(
        _ id: PropertyKey, before other: PropertyKey, in sequence: PropertyKey
    ) -> Payload? {
        let index = core.sequence(sequence).index(of: other, without: id)
        return makeMove(id, to: index ?? .max, in: sequence)
    }

    /// Creates the update that moves a row after another one, or to the start if that one is not
    /// present; `nil` if the row is already there or not in the sequence.
    public func makeMove(
        _ id: PropertyKey, after other: PropertyKey, in sequence: PropertyKey
    ) -> Payload? {
        makeMove(id, to: core.sequence(sequence).index(behind: other, without: id), in: sequence)
    }

    /// Creates the update that takes the last row out of a sequence.
    ///
    /// The row itself stays in the document.
    ///
    /// - Returns: `nil` if the sequence is empty or declared by a filter.
    public func makePop(from sequence: PropertyKey) -> Payload? {
        core.sequence(sequence).rows.last.flatMap { makeRemove($0.key.id, from: sequence) }
    }

    /// Creates the update that takes the first row out of a sequence.
    ///
    /// The row itself stays in the document.
    ///
    /// - Returns: `nil` if the sequence is empty or declared by a filter.
    public func makeShift(from sequence: PropertyKey) -> Payload? {
        core.sequence(sequence).rows.first.flatMap { makeRemove($0.key.id, from: sequence) }
    }
}
