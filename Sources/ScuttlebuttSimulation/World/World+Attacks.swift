// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// The number of bytes recorded per session for attackers to replay.
    static var recordingLimit: Int { 8_192 }
    /// The number of recorded sessions.
    static var recordingCount: Int { 8 }

    /// Lets a stranger dial a peer, send the lines of the attack, and leave.
    mutating func perform(_ attack: Attack, on victim: Int, seed: UInt64) {
        guard let session = nodes[victim].peer?.replica.open() else { return }
        attackCount += 1
        let number = addConnection([(nil, nil), (victim, session)], edge: nil, lane: 5)
        note(22, victim, number) { "an attacker connects to \($0.name(victim)) as #\(number)" }
        scheduleWrite(number, 1)
        var random = SplitMix64(seed: seed)
        let bytes = lines(of: attack, to: victim, seed: seed, &random)
        var pause: Int64 = 0
        if attack == .drip {
            for byte in bytes.prefix(200) {
                pause += Int64(random.below(10_000))
                put([byte], number, 0, after: pause)
            }
        } else {
            var start = 0
            while start < bytes.count {
                let stop = min(start + 1 + random.below(400), bytes.count)
                put(bytes[start..<stop], number, 0, after: pause)
                pause += Int64(random.below(20_000))
                start = stop
            }
        }
        let last = connections[number].ends[0].pipe.lastDue
        queue.add(
            .ended(connection: number, end: 1),
            due: max(last, time) + Int64(random.below(1_500_000)))
    }

    /// Records the beginning of some sessions.
    mutating func record(_ bytes: [UInt8], _ number: Int, _ end: Int) {
        guard number % 4 == 0, number / 4 < Self.recordingCount, end == 0 else { return }
        while recordings.count <= number / 4 { recordings.append([]) }
        let room = Self.recordingLimit - recordings[number / 4].count
        recordings[number / 4] += bytes.prefix(max(room, 0))
    }

    private func lines(
        of attack: Attack, to victim: Int, seed: UInt64, _ random: inout SplitMix64
    ) -> [UInt8] {
        let header = "{\"id\":\"x\",\"clock\":{}}"
        let payload = program.payload(random.next(), isNewer: false) ?? Array("{}".utf8)
        let value = String(decoding: payload, as: UTF8.self)
        func line(_ value: String, _ time: String, _ source: Source) -> String {
            var text: [UInt8] = []
            JSONString.encode(source.utf8, into: &text)
            return "[\(value),\(time),\(String(decoding: text, as: UTF8.self))]"
        }
        let own = nodes[victim].source
        let other = nodes[random.below(nodes.count)].source
        guard let stranger = Source("x\(seed % 4)") else { return [] }
        var lines = [header]
        switch attack {
        case .forge:
            for _ in 0...random.below(3) {
                lines.append(line(value, "\(1 + random.below(60))", other))
            }
        case .impersonate:
            lines.append(line(value, "\(1 + random.below(100))", own))
            lines.append(line(value, "4503599627370497", own))
            lines.append(line(value, "9007199254740991", own))
        case .equivocate:
            // The same stamps for all victims, with different contents for each.
            for number in 1...4 {
                let mine = program.payload(UInt64(victim * 10 + number), isNewer: false) ?? payload
                lines.append(line(String(decoding: mine, as: UTF8.self), "\(number * 7)", stranger))
            }
        case .malform:
            lines = World.garbage.shuffled(using: &random)
            lines.insert(header, at: random.below(lines.count))
        case .poison:
            for time in World.poison.shuffled(using: &random).prefix(4) {
                lines.append(line(value, time, stranger))
            }
        case .claim:
            let claimed = random.pick(World.poison.filter { !$0.hasPrefix("-") }) ?? "1"
            var text: [UInt8] = []
            JSONString.encode(own.utf8, into: &text)
            lines = [
                "{\"id\":\"x\",\"clock\":{\(String(decoding: text, as: UTF8.self)):\(claimed)}}"
            ]
        case .replay:
            return random.pick(recordings) ?? []
        case .drip:
            lines.append(line(value, "3", stranger))
        case .flood:
            for _ in 0..<40 { lines += [header, "\"SYNC\""] }
        }
        if random.chance(70), attack != .drip { lines.append("\"SYNC\"") }
        var bytes = Array(lines.joined(separator: "\n").utf8)
        if attack != .drip { bytes.append(UInt8(ascii: "\n")) }
        return bytes
    }

    /// Timestamps at the limits of what is accepted, and beyond.
    static var poison: [String] {
        [
            "9007199254740991", "9007199254740992", "1e999", "0", "-1", "-1e999", "0.0001",
            "4503599627370495", "4503599627370496", "4503599627370497", "1e-320", "12.5",
        ]
    }

    /// Lines that are invalid on this wire; the last ones end a connection.
    static var garbage: [String] {
        [
            "[]", "[null,1,\"x\"]", "[{},1,\"x\"]", "[{\"type\":5},1,\"x\"]",
            "[{\"type\":\"\"},1,\"x\"]",
            "[{\"type\":\"a\",\"meta\":null},1,\"x\"]", "[{\"type\":\"a\"},\"1\",\"x\"]",
            "[{\"type\":\"a\"},1]", "[{\"type\":\"a\"},1,2]", "[{\"type\":\"a\"},1,\"__proto__\"]",
            "[{\"type\":\"a\"},1,\"toString\"]", "[{\"type\":\"a\"},1,\"\\ud800\"]", "", " ", "1",
            "null",
            "true", "\"SYNK\"", "[[[[[[[[[[]]]]]]]]]]",
            "[\(String(repeating: "[", count: 300))\(String(repeating: "]", count: 300)),1,\"x\"]",
            "{}", "{\"clock\":0}", "{\"clock\":null}", "nonsense", "[1,", "\u{0}",
        ]
    }
}
