// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("What is relayed", .timeLimit(.minutes(20)))
struct RelayedBytesTests {
    private func decode(_ line: [UInt8]) throws -> DecodedLine {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        return try decoder.decode(line)
    }

    @Test(
        "Every byte of an update leaves as it came, white space and number texts too",
        arguments: [
            #"[{"type":"A"},1,"S"]"#, #"[ {"type":"A"} , 1 , "S" ]"#,
            #"[{"type":"A","n":1.50,"m":1e2},1.0,"S"]"#,
            #"[{"type":"A"},10e-1,"S","signature",[1, 2]]"#,
            #"[{"b":1,"type":"A","a":"\u0041\ud800"},1,"\u0053"]"#,
            #"[{"type":"A"} ,1,"S"]"#, #"[{"type":"A"},1 ,"S"]"#, #"[{"type":"A"}, 1,"S"]"#,
            #"[{"type":"A"},1, "S"]"#, #"[{"type":"A"},1,"S" ]"#, #"[{"type":"A"},1,"S",null]"#,
            #"[{"type":"A"},1,"\u0053"]"#, #"[{"type":"A"},1e0,"S"]"#, #"[{"type":"A"},1.0,"S"]"#,
        ])
    func bytes(line: String) throws {
        guard case .message(.update(let update)) = try decode(Array(line.utf8)) else {
            Issue.record("refused")
            return
        }
        var relayed: [UInt8] = []
        ClassicWire.append(update, to: &relayed)
        #expect(String(decoding: relayed, as: UTF8.self) == line)
        #expect(update.timestamp.value == 1)
        #expect(update.source.text == "S")
    }

    @Test("A source that is written in two ways on one connection leaves in both")
    func twoLiterals() throws {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        let lines = [
            #"[{"type":"A"},1,"S"]"#, #"[{"type":"A"},2,"\u0053"]"#, #"[{"type":"A"},3,"S"]"#,
            #"[{"type":"A"},4,"\u0053"]"#,
        ]
        for line in lines {
            guard case .message(.update(let update)) = try decoder.decode(Array(line.utf8)) else {
                Issue.record("refused")
                return
            }
            var relayed: [UInt8] = []
            ClassicWire.append(update, to: &relayed)
            #expect(String(decoding: relayed, as: UTF8.self) == line)
            #expect(update.source.text == "S")
        }
    }

    @Test("A line that fits TCP but no Primus frame is accepted nowhere")
    func longFrame() throws {
        func line(_ text: String, _ count: Int) -> [UInt8] {
            Array(#"[{"type":"A","payload":""#.utf8)
                + Array(repeatElement(Array(text.utf8), count: count).joined())
                + Array(#""},1,"S"]"#.utf8)
        }
        let long = line(#"\""#, 4_000_000)
        #expect(long.count < ClassicWire.maximumLineByteCount)
        guard case .refused(let refusal) = try decode(long) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.reason == .value)
        guard case .message(.update) = try decode(line("ab", 4_000_000)) else {
            Issue.record("a plain text of the same length is refused")
            return
        }
    }

    @Test("A value with more keys and elements than the bound is refused, its connection kept")
    func manyElements() throws {
        let elements = repeatElement("1,", count: ClassicWire.maximumElements + 1).joined()
        let line = #"[{"type":"A","payload":["# + elements + #"1]},1,"S"]"#
        guard case .refused(let refusal) = try decode(Array(line.utf8)) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.reason == .depth)
    }
}
