// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// A transport whose links count their lines.
struct MeteredTransport: Transport {
    private let base: any Transport
    private let meter: TrafficMeter

    init(_ base: any Transport, _ meter: TrafficMeter) {
        self.base = base
        self.meter = meter
    }

    var name: String { base.name }

    func connect() async throws -> any Link {
        MeteredLink(try await base.connect(), .dialled, meter)
    }
}
