// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension ReplicatedEdit {
    /// Creates the update that changes the text into another one; `nil` if the text is unchanged.
    ///
    /// What arrived since the new text was begun is not part of it and is removed: pass the text
    /// that it was made from to ``makeSet(text:from:)``, unless nothing can arrive in between.
    ///
    /// All lines that differ are written in one update. Lines are equal if their code units are.
    ///
    /// - Complexity: O(*n* · d) in the lengths of both texts for d lines that differ. Beyond a
    ///   bound on d, more lines than necessary may be written.
    public func makeSet(text: String) -> Payload? { makeSet(bytes: Array(text.utf8)) }

    /// Creates the update that makes the changes that lead from one text to another; `nil` if they
    /// change nothing.
    ///
    /// What arrived since `base` stays. Of a line that was changed on both sides, both changes are
    /// kept; lines that were appended on both sides stay lines.
    ///
    /// - Parameters:
    ///   - text: The new text.
    ///   - base: The text that the new one was made from: the value of ``text`` when a person or a
    ///     program began to edit it.
    /// - Complexity: As ``makeSet(text:)``, for three texts.
    public func makeSet(text: String, from base: String) -> Payload? {
        makeSet(
            bytes: TextMerge.merged(
                base: Array(base.utf8), ours: Array(text.utf8), theirs: Array(self.text.utf8),
                .keepBoth))
    }

    func makeSet(bytes new: [UInt8]) -> Payload? {
        var old: [ArraySlice<UInt8>] = []
        // The indexes of the lines in the array, which may contain other elements.
        var places: [Int] = []
        var isSame = true
        var offset = 0
        for (place, step) in lines.core.items.enumerated() where step.element.isText {
            var line: [UInt8] = []
            step.element.appendText(to: &line)
            isSame = isSame && new[offset...].starts(with: line)
            offset = min(offset + line.count, new.count)
            old.append(line[...])
            places.append(place)
        }
        // Different lines can form the same text.
        if isSame, offset == new.count { return nil }
        let steps = EditLines(old)?.steps(to: new) ?? Self.steps(from: old, to: new)
        var index = 0
        let splices = steps.compactMap { step -> ArrayCore.Splice? in
            // New lines go directly after the line before them.
            let (place, before) = (step.old.map { places[$0] }, index)
            if let place { index = place + 1 }
            if let line = step.old, step.new == old[line] { return nil }
            return ArrayCore.Splice(
                index: before, removed: place.map { [$0] } ?? [],
                values: step.new.map { [Self.literal($0)] } ?? [])
        }
        return lines.core.makeSplice(splices)
    }

    /// The steps between lines of which some were cut in another way, by another program.
    private static func steps(
        from old: [ArraySlice<UInt8>], to text: [UInt8]
    ) -> [EditLines.Step] {
        let new = TextLines.cutKeepingLineFeeds(text)
        return EditLines.pairs(old, new).map { pair in
            EditLines.Step(old: pair.old, new: pair.new.map { new[$0] })
        }
    }

    private static func literal(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var literal: [UInt8] = []
        line.withUnsafeBufferPointer { JSONString.encode($0, into: &literal) }
        return literal
    }
}
