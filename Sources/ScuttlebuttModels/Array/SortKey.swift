// SPDX-License-Identifier: MIT

/// The sort keys of a replicated array, as the originals choose them.
///
/// Any string is a sort key, and keys are ordered by UTF-16 code units. The originals use the 65
/// characters `!`, `0`–`9`, `A`–`Z`, `_`, `a`–`z`, `~`, of which the first and the last stand for
/// the two ends. <doc:Arrays> describes how this package chooses new keys.
public enum SortKey {
    /// The lower bound of all keys for ``between(_:_:)``.
    public static let lowest: PropertyKey = "!"
    /// The upper bound of all keys for ``between(_:_:)``.
    public static let highest: PropertyKey = "~"

    /// The key that the originals would choose between two others, before they add random digits.
    ///
    /// It follows both keys and takes the middle character at the first place that has one.
    ///
    /// - Returns: `nil` if the original would never return: if `previous` is not smaller than
    ///   `next`, or if every string of the 65 characters between them ends in `!`.
    /// - Complexity: O(*n*) in the longer key.
    public static func between(_ previous: PropertyKey, _ next: PropertyKey) -> PropertyKey? {
        let (low, high) = (Array(CodeUnits(previous.bytes)), Array(CodeUnits(next.bytes)))
        var result: [UInt8] = []
        // How the result so far compares with the prefixes of both keys.
        var fromLow = 0
        var fromHigh = 0
        // Nothing changes any more after the end of both keys.
        for index in 0...max(low.count, high.count) {
            let lower = index < low.count ? rank(low[index]) ?? 0 : 0
            let upper =
                index < high.count ? rank(high[index]) ?? alphabet.count - 1 : alphabet.count - 1
            let character = alphabet[lower + 1 < upper ? (lower + upper + 1) / 2 : lower]
            result.append(character)
            if fromLow == 0 { fromLow = compare(character, low, index) }
            if fromHigh == 0 { fromHigh = compare(character, high, index) }
            // If both are equal so far, `next` is larger only if it continues.
            let precedesNext = fromHigh < 0 || fromHigh == 0 && index + 1 < high.count
            if fromLow > 0, precedesNext, character != alphabet[0] {
                return PropertyKey(unchecked: result)
            }
        }
        return nil
    }

    private static let alphabet = Array(
        "!0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~".utf8)

    private static func rank(_ unit: UInt16) -> Int? {
        alphabet.firstIndex { UInt16($0) == unit }
    }

    /// Compares a character with the unit at this index: -1, 0 or 1.
    ///
    /// Every character is larger than the end of a key.
    private static func compare(_ character: UInt8, _ units: [UInt16], _ index: Int) -> Int {
        guard index < units.count else { return 1 }
        return UInt16(character) < units[index] ? -1 : UInt16(character) == units[index] ? 0 : 1
    }
}
