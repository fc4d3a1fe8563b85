// SPDX-License-Identifier: MIT

/// The elements of an edited text as lines, and which of them have the line feeds between these.
///
/// Between two lines there is one line feed, at the end of the first element or at the start of the
/// second. The first kind is the usual one. The second is for a line that is put behind one without
/// a line feed: writing it changes no other element, so people who append at the same time do not
/// write one element twice, and each line brings what separates it from the others.
struct EditLines {
    /// What becomes of an element, in order.
    struct Step {
        /// The index of the element; `nil` for a new one.
        let old: Int?
        /// The new element; `nil` if the element is removed.
        let new: ArraySlice<UInt8>?
    }

    private struct Line {
        /// The index of the element; `nil` for a new one.
        var old: Int?
        var content: ArraySlice<UInt8>
        var startsWithFeed = false
        var endsWithFeed = false

        var element: ArraySlice<UInt8> {
            (startsWithFeed ? [0x0A] : []) + content + (endsWithFeed ? [0x0A] : [])
        }
    }

    private let lines: [Line]

    /// Finds the lines; `nil` if the elements are not lines, because another program cut them, or
    /// because people changed two neighbours at the same time.
    init?(_ elements: [ArraySlice<UInt8>]) {
        var lines: [Line] = []
        var isSeparated = true
        for (index, element) in elements.enumerated() {
            var line = Line(old: index, content: element)
            if !isSeparated {
                guard line.content.first == 0x0A else { return nil }
                line.content.removeFirst()
                line.startsWithFeed = true
            }
            if line.content.last == 0x0A {
                line.content.removeLast()
                line.endsWithFeed = true
            }
            guard !line.content.contains(0x0A) else { return nil }
            isSeparated = line.endsWithFeed
            lines.append(line)
        }
        guard lines.last?.endsWithFeed != true else { return nil }
        self.lines = lines
    }

    /// The steps that turn the elements into those of another text.
    func steps(to text: [UInt8]) -> [Step] {
        let (old, new) = (lines.map(\.content), TextLines.cut(text))
        var pairs = Self.pairs(old, new)
        // Whoever writes behind the last line feed appends a line: it does not take the place of
        // the empty one, which others would do as well.
        var appended: Int?
        if old.count > 1, old.last?.isEmpty == true,
            let place = pairs.firstIndex(where: { $0.old == old.count - 1 }),
            let line = pairs[place].new, !new[line].isEmpty
        {
            pairs[place] = (nil, line)
            pairs.insert((old.count - 1, nil), at: place + 1)
            appended = line
        }
        let placed = separated(
            pairs.compactMap { pair in
                guard let index = pair.new else { return nil }
                guard let known = pair.old else { return Line(old: nil, content: new[index]) }
                var line = lines[known]
                line.content = new[index]
                return line
            }, behindFeed: appended)
        return pairs.map { pair in
            Step(old: pair.old, new: pair.new.map { placed[$0].element })
        }
    }

    /// Sees to it that there is one line feed between any two lines, changing few that are there.
    ///
    /// - Parameter appended: The index of a line that has to begin with a line feed.
    private func separated(_ lines: [Line], behindFeed appended: Int?) -> [Line] {
        var lines = lines
        guard !lines.isEmpty else { return lines }
        lines[0].startsWithFeed = false
        lines[lines.count - 1].endsWithFeed = false
        // New lines at the end that end in a line feed are written in the usual form, which others
        // who append do in the same way.
        let tail = (lines.lastIndex { $0.old != nil } ?? -1) + 1
        let isClosed = tail < lines.count && lines[lines.count - 1].content.isEmpty
        for index in lines.indices.dropFirst() {
            let (first, second) = (lines[index - 1], lines[index])
            var isFirst = first.endsWithFeed
            if index == appended {
                isFirst = false
            } else if index == tail, isClosed {
                isFirst = true
            } else if first.old == nil {
                isFirst = second.old == nil ? !first.startsWithFeed : !second.startsWithFeed
            } else if second.old != nil, !first.endsWithFeed, !second.startsWithFeed {
                isFirst = true
            }
            lines[index - 1].endsWithFeed = isFirst
            lines[index].startsWithFeed = !isFirst
        }
        return lines
    }

    /// Pairs of old and new lines in order, including those that are equal.
    static func pairs(
        _ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]
    ) -> [(old: Int?, new: Int?)] {
        var result: [(old: Int?, new: Int?)] = []
        var (i, j) = (0, 0)
        func keep(upTo end: Int) {
            while i < end {
                result.append((i, j))
                (i, j) = (i + 1, j + 1)
            }
        }
        for hunk in LineDiff.hunks(from: old, to: new) {
            keep(upTo: hunk.old.lowerBound)
            result += LineAlignment.pairs(old[hunk.old], new[hunk.new])
            (i, j) = (hunk.old.upperBound, hunk.new.upperBound)
        }
        keep(upTo: old.count)
        return result
    }
}
