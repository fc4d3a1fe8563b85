// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttCommand

@Suite("KeyDecoder", .timeLimit(.minutes(20)))
struct KeyDecoderTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.decode(text.utf8)
    }

    @Test(
        "Keys of common terminals are known",
        arguments: [
            ("\r", Key.enter), ("\n", .enter), ("\t", .tab), ("\u{7F}", .backspace),
            ("\u{08}", .backspace), ("\u{1B}[D", .left), ("\u{1B}OD", .left), ("\u{02}", .left),
            ("\u{1B}[C", .right), ("\u{06}", .right), ("\u{1B}[A", .up), ("\u{10}", .up),
            ("\u{1B}[B", .down), ("\u{0E}", .down), ("\u{1B}[H", .home), ("\u{1B}OH", .home),
            ("\u{1B}[1~", .home), ("\u{1B}[7~", .home), ("\u{01}", .home), ("\u{1B}[F", .end),
            ("\u{1B}[4~", .end), ("\u{05}", .end), ("\u{1B}[3~", .delete), ("\u{04}", .endOfInput),
            ("\u{0B}", .killToEnd), ("\u{15}", .killToStart), ("\u{17}", .killWord),
            ("\u{1B}\u{7F}", .killWord), ("\u{1B}[1;5D", .wordLeft), ("\u{1B}[1;3C", .wordRight),
            ("\u{1B}b", .wordLeft), ("\u{1B}f", .wordRight), ("\u{0C}", .redraw),
        ])
    func known(bytes: String, key: Key) {
        #expect(keys(bytes) == [key])
    }

    @Test("A key that is not known leaves nothing in the text")
    func unknown() {
        #expect(keys("a\u{1B}[15~b\u{1B}[1;2Pc\u{1B}[?1;2cd\u{1B}OZe\u{00}f") == [.text("abcdef")])
    }

    @Test("A sequence without an end is given up", .timeLimit(.minutes(1)))
    func endless() {
        var decoder = KeyDecoder()
        _ = decoder.decode(("\u{1B}[" + String(repeating: "9", count: 100_000)).utf8)
        #expect(decoder.decode("x\r".utf8).suffix(1) == [.enter])
    }

    @Test("Text and keys split at any byte are the same", arguments: 0..<20 as Range<UInt64>)
    func split(seed: UInt64) {
        let text = "héllo 世界\u{1B}[D👩‍👩‍👧e\u{301}\u{1B}[200~a\r\nb\u{1B}[D\u{1B}[201~\r"
        var (decoder, random) = (KeyDecoder(), SplitMix64(seed: seed))
        var (pieces, rest) = ([Key](), Array(text.utf8)[...])
        while !rest.isEmpty {
            let count = Int.random(in: 1...4, using: &random)
            pieces += decoder.decode(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        #expect(joined(pieces) == joined(keys(text)))
        #expect(
            joined(pieces) == [.text("héllo 世界"), .left, .text("👩‍👩‍👧e\u{301}a b"), .enter])
    }

    @Test("A paste is text, whatever is in it")
    func paste() {
        let pasted = "one\ntwo\r\nthree\t\u{03}\u{1B}[A four"
        let decoded = joined(keys("\u{1B}[200~\(pasted)\u{1B}[201~"))
        #expect(decoded == [.text("one two three   four")])
    }

    @Test(
        "Bytes that are no text are skipped",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0x80],
            [0xC2, 0x9B], [0xE2, 0x80, 0xAE],
        ] as [[UInt8]])
    func invalid(bytes: [UInt8]) {
        var decoder = KeyDecoder()
        #expect(decoder.decode(bytes + Array("ok".utf8)) == [.text("ok")])
    }

    private func joined(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { result, key in
            if case .text(let new) = key, case .text(let old)? = result.last {
                result[result.count - 1] = .text(old + new)
            } else {
                result.append(key)
            }
        }
    }
}
