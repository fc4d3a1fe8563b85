// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

@Suite("A silent WebSocket is pinged and given up", .timeLimit(.minutes(20)))
struct WebSocketHeartbeatTests {
    /// What a framing says and when it gives up, in seconds, if something arrives at `heard`.
    private func course(
        isClient: Bool, heard: Set<Int64> = [], isReading: Bool = true, until end: Int64 = 100
    ) -> [String] {
        var framing = WebSocketFraming(
            isClient: isClient, maximumByteCount: 100, silenceTimeout: .seconds(20))
        let zero = NIODeadline.uptimeNanoseconds(0)
        framing.opened(now: zero)
        var course: [String] = []
        for second in 1...end {
            let now = zero + .seconds(second)
            var arrivals = Arrivals()
            if heard.contains(second) {
                // A pong without a payload, masked if a client says it.
                let pong: [UInt8] = isClient ? [0x8A, 0] : [0x8A, 0x80, 1, 2, 3, 4]
                _ = pong.withUnsafeBytes { framing.receive($0, now: now, into: &arrivals) }
            }
            guard let deadline = framing.deadline, deadline <= now else { continue }
            framing.tick(now: now, isReading: isReading, into: &arrivals)
            if case .failed(let error)? = arrivals.end {
                return course + ["\(error.code == .timedOut ? "gone" : "odd")@\(second)"]
            }
            if arrivals.reply.readableBytesView.first == 0x89 { course.append("ping@\(second)") }
        }
        return course
    }

    @Test("The other end never answers", arguments: [true, false])
    func dead(isClient: Bool) {
        #expect(course(isClient: isClient) == ["ping@20", "gone@40"])
    }

    @Test("The other end answers each ping", arguments: [true, false])
    func alive(isClient: Bool) {
        let course = course(isClient: isClient, heard: [21, 42, 63, 84])
        #expect(course == ["ping@20", "ping@41", "ping@62", "ping@83"])
    }

    @Test("Anything that arrives counts as a sign of life")
    func busy() {
        #expect(course(isClient: false, heard: Set(1...100)) == [])
    }

    @Test("A long silence is noticed on whole seconds, a short one to the millisecond")
    func grid() {
        let now = NIODeadline.uptimeNanoseconds(0) + .milliseconds(1_300)
        for (silence, expected) in [(20_000, 21_000), (300, 1_600)] as [(Int64, Int64)] {
            var heartbeat = WebSocketHeartbeat(.milliseconds(silence))
            heartbeat.heard(now: now)
            #expect(
                heartbeat.deadline == .uptimeNanoseconds(0) + .milliseconds(expected))
        }
    }

    @Test("While nothing is read, the silence is our own")
    func notReading() {
        #expect(!course(isClient: false, isReading: false).contains { $0.hasPrefix("gone") })
    }
}
