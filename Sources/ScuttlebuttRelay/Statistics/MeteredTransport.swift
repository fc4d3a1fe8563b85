// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttNIO
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

    /// Lines over TCP have the upstream header, the others that of the fork.
    var sessionOptions: SessionOptions {
        var options = SessionOptions()
        options.headerForm = base is TCPTransport ? .upstream : .fork
        return options
    }

    func connect() async throws -> any Link {
        MeteredLink(try await base.connect(), .dialled, meter)
    }
}
