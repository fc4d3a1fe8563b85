// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

/// The lines `"HERE …"` and `"GONE …"`.
@Suite("News of presence", .timeLimit(.minutes(5))) struct PresenceNewsTests {
    private func decode(_ line: String) throws -> DecodedLine {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        return try decoder.decode(Array(line.utf8))
    }

    private func news(_ line: String) throws -> PresenceNews? {
        if case .message(.presence(let news)) = try decode(line) { news } else { nil }
    }

    private func line(of news: PresenceNews) -> [String] {
        var block = WireBlock()
        news.append(to: &block)
        return lines(block)
    }

    private func here(_ value: String, _ source: String = "A") -> String {
        var line: [UInt8] = []
        JSONString.encode(Array("HERE 7 30 \(value) \(source)".utf8), into: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func `a line says who, in which order, for how long, and what`() throws {
        let line = #""HERE 1795234529926 30 {\"name\":\"Ada\",\"typing\":true} A""#
        let news = try #require(try news(line))
        #expect(news.source == Source("A"))
        #expect(news.sequence == 1_795_234_529_926)
        #expect(news.lifetime == 30)
        #expect(news.value == Array(#"{"name":"Ada","typing":true}"#.utf8))
        #expect(self.line(of: news) == [line])
    }

    @Test func `who leaves has no value`() throws {
        let news = try #require(try news(#""GONE 8 12 A""#))
        #expect(news.value == nil)
        #expect(news.sequence == 8)
        #expect(self.line(of: news) == [#""GONE 8 12 A""#])
    }

    @Test(arguments: [
        "A", "a source with spaces", "{\"a\":1} B", "Ünï\u{2028}", "\"\\",
        String(repeating: "s", count: 1_024),
    ])
    func `any source can be named`(name: String) throws {
        let source = try #require(Source(name))
        let value = Array("{\"a b\":\"} \"}".utf8)
        let news = PresenceNews(source: source, sequence: 1, lifetime: 3, value: value)
        let line = try #require(line(of: news).first)
        #expect(try self.news(line) == news)
    }

    @Test(arguments: [
        "", "7", "7 30", "7 30 {}", "7 30 {} ", "7 30  {} A", "7 30 {}A", "0 30 {} A", "-7 30 {} A",
        "7.5 30 {} A", "1e3 30 {} A", "9007199254740992 30 {} A", "99999999999999999999 30 {} A",
        "7 0 {} A", "7 3601 {} A", "7 -1 {} A", "x 30 {} A", "7 30 [] A", "7 30 1 A", "7 30 null A",
        "7 30 {\"a\":} A", "7 30 {\"a\":1 A", "7 30 {} __proto__", "7 30 {} toString",
    ])
    func `what is not as it must be is refused, and the connection stays`(text: String) throws {
        let line = "\"HERE \(text.replacing("\"", with: "\\\""))\""
        guard case .refused(let refusal) = try decode(line) else {
            Issue.record("\(line) was taken")
            return
        }
        #expect(refusal.reason == .presence)
        #expect(refusal.stamp == nil, "no update was refused")
    }

    @Test func `a value has at most 1,024 bytes, 16 levels and 256 members`() throws {
        let longest = "{\"a\":\"\(String(repeating: "x", count: 1_016))\"}"
        #expect(longest.utf8.count == 1_024)
        #expect(try news(here(longest)) != nil)
        let deepest =
            "{\"a\":" + String(repeating: "[", count: 15) + String(repeating: "]", count: 15) + "}"
        #expect(try news(here(deepest)) != nil)
        let tooLong = "{\"a\":\"\(String(repeating: "x", count: 1_017))\"}"
        let tooDeep =
            "{\"a\":" + String(repeating: "[", count: 16) + String(repeating: "]", count: 16) + "}"
        let tooMany = "{\"a\":[" + Array(repeating: "1", count: 300).joined(separator: ",") + "]}"
        for value in [tooLong, tooDeep, tooMany] {
            #expect(try news(here(value)) == nil, "\(value.prefix(20))")
            #expect(throws: ReplicaError.self) { try PresenceNews.check(Array(value.utf8)) }
        }
        for value in ["", "1", "[]", "{", "{} ", "{}{}", "null"] {
            #expect(throws: ReplicaError.self) { try PresenceNews.check(Array(value.utf8)) }
        }
        #expect(throws: Never.self) { try PresenceNews.check(Array(longest.utf8)) }
    }

    @Test func `a source of more than 1,024 bytes is refused`() throws {
        #expect(try news(here("{}", String(repeating: "s", count: 1_024))) != nil)
        #expect(try news(here("{}", String(repeating: "s", count: 1_025))) == nil)
    }

    @Test(arguments: [
        "\"HERE\"", "\"HEREABOUTS\"", "\"here 7 30 {} A\"", "\"GONE\"", "\" HERE 7 30 {} A\"",
    ])
    func `other strings still mean nothing`(line: String) throws {
        #expect(try decode(line) == .ignored)
    }
}
