// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

extension TransportConformance {
    static let ending: [TransportConformance] = [
        TransportConformance(ofPair: "finish() closes our half after everything sent before") {
            harness, a, b in
            try await send(numbers: 0..<500, on: a)
            let finishing = Task { await a.finish() }
            try await expectNumbers(0..<500, on: b)
            if harness.supportsHalfClosure {
                try expect(try await b.receive() == nil, "the end of the half did not arrive")
                try expect(try await b.receive() == nil, "the half did not stay ended")
                await finishing.value
                try await send(numbers: 0..<500, on: b)
                try await expectNumbers(0..<500, on: a)
                await b.finish()
                try expect(try await a.receive() == nil, "the end of the other half did not arrive")
            } else {
                try await expectEnd(of: b)
                await finishing.value
            }
            try await expectLinkError { try await a.send(OutboundLines("late")) }
        },
        TransportConformance(ofPair: "close ends a pending receive and all later calls") {
            _, a, b in
            let receiving = Task { try await a.receive() }
            await Task.yield()
            await a.close(.finished)
            await a.close(.shutdown)
            do {
                _ = try await receiving.value
                throw ConformanceError("receive() returned on a closed link")
            } catch let error as LinkError {
                try expect(error.code == .closed, "expected closed, got \(error)")
            }
            try await expectLinkError { _ = try await a.receive() }
            try await expectLinkError { try await a.send(OutboundLines("late")) }
            await a.finish()
            try await expectEnd(of: b)
            await a.close(.fault("again"))
        },
        TransportConformance(ofPair: "close ends a send that is waiting for room") {
            _, a, b in
            let block = OutboundLines(
                lines: [[UInt8]](repeating: .init(repeating: 0x63, count: 16_000), count: 16))
            let sending = Task {
                while true { try await a.send(block) }
            }
            for _ in 0..<1_000 { await Task.yield() }
            await a.close(.fault("slow reader"))
            do {
                try await sending.value
            } catch is LinkError {}
        },
        TransportConformance(ofPair: "what was sent before close still arrives") {
            _, a, b in
            try await send(numbers: 0..<500, on: a)
            async let closed: Void = a.close(.shutdown)
            try await expectNumbers(0..<500, on: b)
            try await expectEnd(of: b)
            await closed
        },
        TransportConformance(ofPair: "a peer that closes ends our sends too") {
            _, a, b in
            await b.close(.fault("enough"))
            try await expectEnd(of: a)
            do {
                // Buffers may accept a few more lines, but not forever.
                while true { try await a.send(OutboundLines("into the void")) }
            } catch is LinkError {}
        },
        TransportConformance("a link that is released without close ends for its peer") {
            harness, listener, transport in
            var (a, b): ((any Link)?, any Link) = try await harness.pair(listener, transport)
            try await a?.send(OutboundLines("last words"))
            var reader = LineReader(b)
            try expect(try await reader.text() == "last words", "a line was lost")
            a = nil
            try await expectEnd(of: b)
            await b.close(.finished)
        },
        TransportConformance("a closed listener accepts nothing, but its links stay open") {
            harness, listener, transport in
            let (a, b) = try await harness.pair(listener, transport)
            async let nobody = listener.accept()
            await listener.close()
            try expect(await nobody == nil, "accept() returned a link after close")
            try await send(numbers: 0..<100, on: a)
            try await expectNumbers(0..<100, on: b)
            do {
                _ = try await transport.connect()
                throw ConformanceError("a closed listener was reached")
            } catch let error as LinkError {
                try expect(error.code == .unreachable, "expected unreachable, got \(error.code)")
            }
            await a.close(.finished)
            await b.close(.finished)
        },
    ]

    /// Expects the end of a link, which may be `nil` or an error, instead of lines.
    static func expectEnd(of link: any Link) async throws {
        do {
            let lines = try await link.receive()
            try expect(lines == nil, "got \(lines?.count ?? 0) lines instead of the end")
        } catch is LinkError {}
    }

    static func expectLinkError(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch is LinkError {
            return
        }
        throw ConformanceError("a call on an ended link succeeded")
    }
}
