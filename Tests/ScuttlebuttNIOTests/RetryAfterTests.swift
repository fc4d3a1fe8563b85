// SPDX-License-Identifier: MIT

import Testing

@testable import ScuttlebuttNIO

/// The header by which a server asks for patience.
@Suite("Retry-After is a number of seconds or a date", .timeLimit(.minutes(20)))
struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    private static let now = 784_111_777

    @Test(
        "What a server says is how long we wait, an hour at most",
        arguments: [
            ("0", 0), ("7", 7), ("3600", 3_600), ("3601", 3_600), (" 007 ", 7),
            ("9223372036854775807", 3_600), ("9223372036854775808", 3_600),
            ("99999999999999999999", 3_600), (String(repeating: "9", count: 4_000), 3_600),
            ("Sun, 06 Nov 1994 08:50:07 GMT", 30), ("Sun, 06 Nov 1994 09:49:36 GMT", 3_599),
            ("Sun, 06 Nov 1994 10:00:00 GMT", 3_600), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sat, 05 Nov 1994 08:49:37 GMT", 0), ("Fri, 31 Dec 9999 23:59:60 GMT", 3_600),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sat, 01 Jan 0000 00:00:00 GMT", 0),
            ("Sunday, 06-Nov-94 08:50:07 GMT", 30), ("Sun Nov  6 08:50:07 1994", 30),
        ])
    func wait(value: String, seconds: Int) {
        #expect(RetryAfter.seconds(value, now: Self.now) == seconds)
    }

    @Test(
        "What is neither asks for nothing",
        arguments: [
            "", " ", "-1", "+5", "1.5", "1 2", "soon", "٣", "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT" + String(repeating: " ", count: 1_000),
        ])
    func noWait(value: String) {
        #expect(RetryAfter.seconds(value, now: Self.now) == nil)
    }

    @Test(
        "Dates are counted in the Gregorian calendar",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", now),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ])
    func date(value: String, seconds: Int) {
        #expect(RetryAfter.date(value) == seconds)
    }
}
