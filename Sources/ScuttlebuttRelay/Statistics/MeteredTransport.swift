// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// A transport whose links count their lines.
struct MeteredTransport: Transport {
    let base: any Transport
    let meter: TrafficMeter

    var name: String { base.name }

    func connect() async throws -> any Link {
        MeteredLink(try await base.connect(), .dialled, meter)
    }
}
