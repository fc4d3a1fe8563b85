// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// A promise that every `Transport`, `LinkListener` and `Link` must keep.
///
/// Run all of ``all`` on your own transport: with Swift Testing as
/// `@Test(arguments: TransportConformance.all)`, with XCTest in a loop.
public struct TransportConformance: Sendable, CustomStringConvertible {
    /// The promise as a sentence.
    public let description: String
    private let check:
        @Sendable (TransportHarness, any LinkListener, any Transport) async throws -> Void

    init(
        _ description: String,
        _ check:
            @escaping @Sendable (TransportHarness, any LinkListener, any Transport) async throws
            -> Void
    ) {
        self.description = description
        self.check = check
    }

    /// Creates a promise about the two ends of one connection, which are closed afterwards.
    init(
        ofPair description: String,
        _ check:
            @escaping @Sendable (TransportHarness, _ dialled: any Link, _ accepted: any Link)
            async throws -> Void
    ) {
        self.init(description) { harness, listener, transport in
            let (a, b) = try await harness.pair(listener, transport)
            try await check(harness, a, b)
            await a.close(.finished)
            await b.close(.finished)
        }
    }

    /// Checks the promise.
    ///
    /// - Throws: ``ConformanceError`` if it is broken, or an unexpected error of the transport.
    public func run(_ harness: TransportHarness) async throws {
        let (listener, transport) = try await harness.open()
        do {
            try await withHangLimit("\(harness.name): \(description)") {
                try await check(harness, listener, transport)
            }
        } catch {
            await listener.close()
            throw error
        }
        await listener.close()
    }

    /// All promises.
    public static let all: [TransportConformance] =
        carrying + ending + [
            manyLinks, cancelling, backPressure, noLeak, presence,
        ]
}

// MARK: Carrying

extension TransportConformance {
    static let carrying: [TransportConformance] = [
        TransportConformance(
            ofPair: "lines arrive complete and in order in both directions at once"
        ) {
            _, a, b in
            try await withThrowingTaskGroup { group in
                for (from, to) in [(a, b), (b, a)] {
                    group.addTask { try await send(numbers: 0..<3_000, on: from) }
                    group.addTask { try await expectNumbers(0..<3_000, on: to) }
                }
                try await group.waitForAll()
            }
        },
        TransportConformance(ofPair: "a line of the maximum length arrives") {
            harness, a, b in
            // A framing may escape characters. These need no escapes, but Primus adds a newline.
            let byteCount = (harness.maximumLineByteCount ?? 1 << 20) - 8
            let line = (0..<byteCount).map { UInt8(ascii: "a") + UInt8($0 % 26) }
            let sender = Task { try await a.send(OutboundLines(lines: [line, [0x31]])) }
            var reader = LineReader(b)
            try expect(try await reader.next() == line, "the line of \(byteCount) bytes differs")
            try expect(try await reader.next() == [0x31], "the line after the longest was lost")
            try await sender.value
        },
        TransportConformance(
            ofPair: "characters of every width survive, and those that need escapes"
        ) {
            _, a, b in
            let lines = [
                #"{"a":"\"\\\u2028","b":"é€𝄞"}"#, "\u{2028}\u{2029}",
                "\u{1}\u{8}\t\u{C}\u{1F}\u{7F}",
                #"["\ud800",1e+21]"#, String(repeating: "€𝄞", count: 50_000), #"\\""\""#, "x",
            ]
            let sender = Task {
                for line in lines { try await a.send(OutboundLines(line)) }
                try await a.send(OutboundLines(lines: lines.map { Array($0.utf8) }))
            }
            var reader = LineReader(b)
            for line in lines + lines {
                let got = try await reader.next()
                try expect(got == Array(line.utf8), "\(line.prefix(20)) did not survive")
            }
            try await sender.value
        },
        TransportConformance("a block of lines arrives unchanged on many links") {
            harness, listener, transport in
            let block = OutboundLines(lines: (0..<64).map { Array("line \($0)".utf8) })
            for _ in 0..<4 {
                let (a, b) = try await harness.pair(listener, transport)
                try await b.send(block)
                try await a.send(block)
                for link in [a, b] {
                    var reader = LineReader(link)
                    let text = try await reader.text(64)
                    try expect(text == (0..<64).map { "line \($0)" }, "the block changed")
                }
                await a.close(.finished)
                await b.close(.finished)
            }
        },
        TransportConformance("a line that is too long ends its link and no other") {
            harness, listener, transport in
            guard let bound = harness.maximumLineByteCount else { return }
            let (a, b) = try await harness.pair(listener, transport)
            let (c, d) = try await harness.pair(listener, transport)
            let sender = Task {
                try? await a.send(OutboundLines("before"))
                try? await a.send(OutboundLines(lines: [Array(repeating: 0x61, count: bound + 1)]))
            }
            var reader = LineReader(b)
            try expect(try await reader.text() == "before", "the line before it was lost")
            do {
                let line = try await reader.next()
                throw ConformanceError("got \(line?.count ?? -1) bytes, expected lineTooLong")
            } catch let error as LinkError {
                try expect(error.code == .lineTooLong, "expected lineTooLong, got \(error)")
            }
            await b.close(.fault("too long"))
            await sender.value
            try await send(numbers: 0..<10, on: c)
            try await expectNumbers(0..<10, on: d)
            for link in [a, c, d] { await link.close(.finished) }
        },
    ]

    /// Sends numbers as lines, in batches of 1 to 64.
    static func send(numbers: Range<Int>, on link: any Link) async throws {
        var next = numbers.lowerBound
        var size = 1
        while next < numbers.upperBound {
            let end = min(next + size, numbers.upperBound)
            try await link.send(OutboundLines(lines: (next..<end).map { Array("\($0)".utf8) }))
            next = end
            size = size % 64 + 1
        }
    }

    /// Expects exactly the lines sent by ``send(numbers:on:)``.
    static func expectNumbers(_ numbers: Range<Int>, on link: any Link) async throws {
        var reader = LineReader(link)
        for number in numbers {
            let text = try await reader.text()
            try expect(text == "\(number)", "expected line \(number), got \(text ?? "the end")")
        }
    }
}

// MARK: Load

extension TransportConformance {
    static let manyLinks = TransportConformance("a hundred links do not affect each other") {
        harness, listener, transport in
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 {
                let (a, b) = try await harness.pair(listener, transport)
                group.addTask {
                    async let sent: Void = send(numbers: 0..<200, on: a)
                    try await expectNumbers(0..<200, on: b)
                    try await sent
                    await a.close(.finished)
                    await b.close(.finished)
                }
            }
            try await group.waitForAll()
        }
    }

    static let backPressure = TransportConformance("a stopped reader makes its sender wait") {
        harness, listener, transport in
        let (a, b) = try await harness.pair(listener, transport)
        let (c, d) = try await harness.pair(listener, transport)
        // Of 64 characters at random, so that a link that compresses cannot make it small: what
        // waits on the way is bounded in the bytes that travel.
        var random: UInt64 = 1
        let lines = (0..<4).map { _ in
            (0..<16_383).map { _ -> UInt8 in
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let byte = UInt8(ascii: "0") + UInt8(random >> 58)
                return byte == UInt8(ascii: "\\") ? UInt8(ascii: "!") : byte
            }
        }
        let block = OutboundLines(lines: lines)
        let total = 2 * harness.bufferedByteBound / (1 << 16)
        let sent = Counter()
        try await withThrowingTaskGroup { group in
            group.addTask {
                for _ in 0..<total {
                    try await a.send(block)
                    sent.increment()
                }
            }
            // Round trips on the other link serve as a clock: they continue while the first is
            // stalled.
            for round in 0..<200 {
                async let there: Void = send(numbers: round..<round + 1, on: c)
                try await expectNumbers(round..<round + 1, on: d)
                try await there
            }
            let count = sent.value
            try expect(
                count << 16 <= harness.bufferedByteBound,
                "\(count << 16) bytes were sent to a stopped reader")
            var reader = LineReader(b)
            for number in 0..<4 * total {
                let got = try await reader.next()
                try expect(got == lines[number % 4], "line \(number) after the stop is wrong")
            }
            try await group.waitForAll()
        }
        for link in [a, b, c, d] { await link.close(.finished) }
    }

    static let cancelling = TransportConformance(ofPair: "a cancelled receive ends, not the link") {
        _, a, b in
        for number in 0..<100 {
            let receiving = Task { try await b.receive() }
            if number % 2 == 0 { await Task.yield() }
            receiving.cancel()
            do {
                _ = try await receiving.value
                throw ConformanceError("a cancelled receive() returned")
            } catch is CancellationError {}
        }
        try await send(numbers: 0..<100, on: a)
        try await expectNumbers(0..<100, on: b)
    }

    static let noLeak = TransportConformance("a thousand links leak nothing") {
        harness, listener, transport in
        final class Known: Sendable {
            private let links = Mutex<[WeakLink]>([])
            func add(_ link: any Link) { links.withLock { $0.append(WeakLink(link)) } }
            var alive: Int { links.withLock { $0.count { $0.link != nil } } }
        }
        let known = Known()
        for number in 0..<1_000 {
            let (a, b) = try await harness.pair(listener, transport)
            known.add(a)
            known.add(b)
            try await a.send(OutboundLines("\(number)"))
            var reader = LineReader(b)
            try expect(try await reader.text() == "\(number)", "line \(number) was lost")
            // Release some without closing them, as a careless caller would.
            if number % 3 > 0 { await a.close(.finished) }
            if number % 3 > 1 { await b.close(.shutdown) }
        }
        // Event loops may retain a link until they have run once more, which takes long on a busy
        // machine.
        let end = ContinuousClock.now + .seconds(30)
        while known.alive > 0, ContinuousClock.now < end { await Task.yield() }
        try expect(known.alive == 0, "\(known.alive) of 2000 links are still alive")
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        func increment() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    private struct WeakLink {
        weak var link: (any Link)?
        init(_ link: any Link) { self.link = link }
    }
}
