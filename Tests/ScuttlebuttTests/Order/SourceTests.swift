// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct SourceTests {
    @Test func `G1 sources are ordered by UTF-16 code units`() throws {
        let texts = [
            "", "A", "a", "é", "e\u{301}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "😀", "\u{10FFFF}",
        ]
        for left in texts {
            for right in texts {
                let (a, b) = (try #require(Source(left)), try #require(Source(right)))
                #expect((a < b) == left.utf16.lexicographicallyPrecedes(right.utf16))
                #expect((a == b) == left.utf16.elementsEqual(right.utf16))
            }
        }
    }

    @Test func `G1 two spellings of one letter are two sources`() {
        #expect(Source("\u{E9}") != Source("e\u{301}"))
    }

    @Test func `identifiers of ours have 39 upper-case hexadecimal digits and differ`() {
        var generator = SystemRandomNumberGenerator()
        let sources = (0..<100).map { _ in Source.random(using: &generator) }
        #expect(Set(sources).count == 100)
        for source in sources {
            #expect(source.utf8.count == 39)
            #expect(source.text.allSatisfy { $0.isHexDigit && !$0.isLowercase })
        }
    }

    @Test func `Q16 the names that every JavaScript object has are known`() throws {
        for name in ["toString", "constructor", "valueOf", "hasOwnProperty", "__defineGetter__"] {
            #expect(try #require(Source(name)).isObjectPrototypeName)
        }
        #expect(Source("__proto__") == nil)
        #expect(try #require(Source("tostring")).isObjectPrototypeName == false)
    }
}
