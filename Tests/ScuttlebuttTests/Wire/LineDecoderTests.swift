// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct LineDecoderTests {
    private func decode(_ line: String, _ rules: ClassicWire.Rules = .fork) throws -> DecodedLine {
        var decoder = LineDecoder(wire: ClassicWire(rules: rules))
        return try decoder.decode(Array(line.utf8))
    }

    private func refusal(_ line: String, _ rules: ClassicWire.Rules = .fork) throws -> Refusal
        .Reason?
    {
        if case .refused(let refusal) = try decode(line, rules) { return refusal.reason }
        return nil
    }

    @Test(arguments: [
        ("[{\"type\":\"A\"},0,\"x\"]", Refusal.Reason.timestamp),
        ("[{\"type\":\"A\"},-1,\"x\"]", .timestamp),
        ("[{\"type\":\"A\"},1e999,\"x\"]", .timestamp),
        ("[{\"type\":\"A\"},9007199254740992,\"x\"]", .timestamp),
        ("[{\"type\":\"A\"},1,\"toString\"]", .source),
        ("[{\"type\":\"A\"},1,\"__proto__\"]", .source),
        ("[{\"type\":\"A\"},1,\"\\ud800\"]", .source),
        ("[null,1,\"x\"]", .value), ("[5,1,\"x\"]", .value), ("[{\"type\":5},1,\"x\"]", .value),
        ("[{},1,\"x\"]", .value), ("[{\"type\":\"\"},1,\"x\"]", .value),
        ("[{\"type\":\"A\",\"meta\":null},1,\"x\"]", .value),
        ("[]", .shape), ("[1]", .shape), ("[{\"type\":\"A\"},\"1\",\"x\"]", .shape),
        ("[{\"type\":\"A\"},1,2]", .shape),
    ])
    func `Q9 Q11 Q16 an update that kills or poisons the original is refused`(
        line: String, reason: Refusal.Reason
    ) throws {
        #expect(try refusal(line) == reason)
    }

    @Test func `upstream takes object names as sources, and any value`() throws {
        #expect(try refusal("[null,1,\"toString\"]", .upstream) == nil)
        #expect(try refusal("[null,1,\"\"]", .upstream) == nil)
        #expect(try refusal("[null,1,\"__proto__\"]", .upstream) == .source)
    }

    @Test(arguments: ["{", "[1,2", "nope", "{\"id\":1}{", "\"SYNC", "[{\"type\":\"A\"},1,\"x\"],"])
    func `Q13 a line that is not JSON ends the connection`(line: String) {
        #expect(throws: SessionError.self) { try decode(line) }
    }

    @Test(arguments: [
        "{}", "{\"clock\":null}", "{\"clock\":0}", "{\"clock\":false}", "{\"clock\":\"\"}",
        "{\"clock\":-0.0}",
    ])
    func `Q13 a header without a true clock ends the connection`(line: String) {
        #expect { try decode(line) } throws: { ($0 as? SessionError)?.code == .digestWithoutClock }
    }

    @Test(arguments: ["{\"clock\":5}", "{\"clock\":true}", "{\"clock\":[]}", "{\"clock\":\"x\"}"])
    func `a clock of another type means to know nothing`(line: String) throws {
        guard case .message(.digest(let digest)) = try decode(line) else {
            Issue.record("no header")
            return
        }
        #expect(digest.vector.isEmpty)
    }

    @Test(arguments: ["", "  ", "\r", "null", "5", "true", "\"other\""])
    func `Q13 empty lines and other values are ignored`(line: String) throws {
        #expect(try decode(line) == .ignored)
    }

    @Test func `Q9 a header's infinity and nonsense move nothing and trap nothing`() throws {
        let line =
            #"{"id":7,"clock":{"A":1e999,"B":0,"C":-5,"D":"x","E":2.5,"__proto__":3}}"#
        guard case .message(.digest(let digest)) = try decode(line) else {
            Issue.record("no header")
            return
        }
        #expect(digest.vector.description == "A@9007199254740991 E@2.5")
        #expect(digest.source == nil)
    }

    @Test func `too many sources in a header end the connection`() {
        let entries = (0...ClassicWire.maximumSources).map { "\"s\($0)\":1" }.joined(separator: ",")
        #expect { try decode("{\"clock\":{\(entries)}}") } throws: {
            ($0 as? SessionError)?.code == .tooManySources
        }
    }

    @Test func `an update that is nested too deeply is refused and the line after it is read`()
        throws
    {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        func nested(_ depth: Int) -> String {
            let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return "[{\"type\":\"A\",\"x\":\(arrays)},1,\"x\"]"
        }
        // The update's own array and the action are two levels.
        if case .message = try decoder.decode(Array(nested(254).utf8)) {
        } else {
            Issue.record("256 levels are allowed")
        }
        guard case .refused(let refusal) = try decoder.decode(Array(nested(255).utf8)) else {
            Issue.record("257 levels are not")
            return
        }
        #expect(refusal.reason == .depth)
        #expect(try decoder.decode(Array("\"SYNC\"".utf8)) == .message(.sync))
    }

    @Test func `a source of more than 1,024 bytes is refused`() throws {
        let name = String(repeating: "n", count: 1_024)
        #expect(try refusal("[{\"type\":\"A\"},1,\"\(name)\"]") == nil)
        #expect(try refusal("[{\"type\":\"A\"},1,\"\(name)n\"]") == .source)
    }

    @Test(arguments: [
        "[{\"type\":\"A\"},1,\"x\"]", "[{\"type\":\"A\"},1.50,\"x\"]",
        "[{\"type\" : \"A\"} , 1, \"x\" ]",
        "[{\"type\":\"A\"},1,\"x\",\"signature\",{\"more\":1}]",
        "[{\"type\":\"A\"},1e2,\"\\u0078\"]",
        "[{\"type\":\"A\",\"n\":1795234529926.0010,\"s\":\"\\ud800\"},3,\"x\"]",
    ])
    func `what was received is relayed byte for byte`(line: String) throws {
        guard case .message(.update(let update)) = try decode(line) else {
            Issue.record("no update")
            return
        }
        var bytes: [UInt8] = []
        ClassicWire.append(update, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == line)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `no bytes trap`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let seeds = [
            "[{\"type\":\"A\",\"meta\":{}},1,\"x\",\"s\"]",
            "{\"id\":\"A\",\"start\":0,\"clock\":{\"A\":1}}",
            "\"SYNC\"",
        ]
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        for line in seeds {
            var bytes = Array(line.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? decoder.decode(bytes)
        }
    }
}
