// SPDX-License-Identifier: MIT

import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How long a server asks its clients to wait (RFC 9110, 10.2.3): a number of seconds, or a date.
enum RetryAfter {
    /// The longest wait, in seconds; who asks for more gets this.
    static let bound = 3_600
    /// No date is longer, and nothing else is looked at.
    private static let maximumByteCount = 64

    /// Returns the wait that the head of an answer asks for, or `nil` if it asks for none.
    ///
    /// A date is relative to the server's own, if it says what that is, because our clock may be
    /// wrong.
    static func wait(_ headers: HTTPHeaders, clock: () -> Int = wallClock) -> Duration? {
        guard let value = headers.first(name: "Retry-After") else { return nil }
        let own = headers.first(name: "Date").flatMap(date)
        return seconds(value, now: own ?? clock()).map { .seconds($0) }
    }

    /// Returns a wait in seconds, from 0 to ``bound``, or `nil` for what is neither a number nor a
    /// date.
    ///
    /// - Parameter now: In seconds since 1970.
    static func seconds(_ value: String, now: Int) -> Int? {
        let words = value.split(separator: " ", omittingEmptySubsequences: true)
        if words.count == 1, words[0].utf8.allSatisfy(isDigit) {
            // A number may have more digits than fit into any integer.
            return Int(words[0]).map { min($0, bound) } ?? bound
        }
        return date(value).map { min(max($0 - now, 0), bound) }
    }

    /// Reads a date in one of the three forms that RFC 9110 (5.6.7) asks us to understand.
    ///
    /// - Returns: Seconds since 1970, or `nil` if it is none.
    static func date(_ value: String) -> Int? {
        guard value.utf8.count <= maximumByteCount else { return nil }
        // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994
        var words = value.split { $0 == " " || $0 == "," || $0 == "-" }
        guard words.count == 6 || words.count == 5 else { return nil }
        if words.count == 5 {
            words = [words[0], words[2], words[1], words[4], words[3], "GMT"]
        }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard words[5] == "GMT", let month = months.firstIndex(of: String(words[2])),
            let day = number(words[1], in: 1...31), let written = number(words[3], in: 0...9_999),
            time.count == 3, let hour = number(time[0], in: 0...23),
            let minute = number(time[1], in: 0...59),
            // A leap second.
            let second = number(time[2], in: 0...60)
        else { return nil }
        // Two digits, of the year closest to us that is not far in the future.
        let year = words[3].count > 2 ? written : written + (written < 70 ? 2_000 : 1_900)
        return ((days(year, month + 1, day) * 24 + hour) * 60 + minute) * 60 + second
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy(isDigit), let value = Int(text), range.contains(value) else {
            return nil
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The days from 1970-01-01 to a date of the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March here, so that the leap day is their last.
        let years = month > 2 ? year : year - 1
        let sinceMarch = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let leapDays = (years >= 0 ? years : years - 3) / 4 - years / 100 + years / 400
        return years * 365 + leapDays + sinceMarch - 719_468
    }

    /// The seconds since 1970, by this machine's clock.
    private static func wallClock() -> Int { Int(Date().timeIntervalSince1970) }
}
