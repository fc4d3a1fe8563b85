// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// A link that counts itself as open until it is closed or released, and counts its lines.
final class MeteredLink: Link {
    let kind: LinkKind
    private let base: any Link
    private let meter: TrafficMeter
    private let isOver = Atomic(false)

    init(_ base: any Link, _ kind: LinkKind, _ meter: TrafficMeter) {
        self.base = base
        self.kind = kind
        self.meter = meter
        meter.opened(kind, base.name)
    }

    deinit { end("released") }

    var name: String { base.name }
    var headerForm: HeaderForm { base.headerForm }
    var detectsSilence: Bool { base.detectsSilence }
    var receivedByteCount: Int { base.receivedByteCount }
    var compressedByteCount: CompressedByteCount { base.compressedByteCount }

    func receive() async throws -> InboundLines? {
        let lines = try await base.receive()
        if let lines { meter.countReceived(lines.count) }
        return lines
    }

    func send(_ lines: OutboundLines) async throws {
        // One task at a time sends, so that the difference is what these lines took.
        let before = base.compressedByteCount
        try await base.send(lines)
        meter.countSent(lines.count, compressed: base.compressedByteCount - before)
    }

    func finish() async { await base.finish() }

    func close(_ reason: LinkClosing) async {
        switch reason {
        case .finished: end("finished by the peer")
        case .fault(let message): end(message)
        case .shutdown: end("shutting down")
        }
        await base.close(reason)
    }

    private func end(_ reason: String) {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        meter.closed(kind, name, reason)
    }
}
