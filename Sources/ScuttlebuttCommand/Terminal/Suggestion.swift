// SPDX-License-Identifier: MIT

/// What somebody probably meant by a word that is not known.
enum Suggestion {
    /// Returns ` (did you mean 'WORD'?)` for the known word that is most like `word`, or an empty
    /// string if none is.
    ///
    /// A word is like another if it begins it, or if at most a third of its letters are missing,
    /// added, wrong, or swapped with their neighbours.
    static func text(for word: String, among known: [String]) -> String {
        guard let nearest = nearest(to: word, among: known) else { return "" }
        return " (did you mean '\(nearest)'?)"
    }

    static func nearest(to word: String, among known: [String]) -> String? {
        // Nobody mistypes a word so long, and the comparison takes the product of the lengths.
        let letters = Array(word.lowercased().utf8)
        guard (1...32).contains(letters.count) else { return nil }
        if letters.count > 1, let whole = known.first(where: { $0.hasPrefix(word.lowercased()) }) {
            return whole
        }
        let distances = known.map { (word: $0, distance: distance(letters, Array($0.utf8))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, letters.count / 3) ? best.word : nil
    }

    /// The number of letters to insert, remove, replace or swap with their neighbour.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var older: [Int] = []
        var above = Array(0...second.count)
        for (row, letter) in first.enumerated() {
            var line = [row + 1]
            for (column, other) in second.enumerated() {
                var best = min(above[column + 1], line[column]) + 1
                best = min(best, above[column] + (letter == other ? 0 : 1))
                let swaps =
                    row > 0 && column > 0 && letter == second[column - 1]
                    && first[row - 1] == other
                if swaps { best = min(best, older[column - 1] + 1) }
                line.append(best)
            }
            (older, above) = (above, line)
        }
        return above[second.count]
    }
}
