// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Selects the updates to print.
struct LogFilter: Sendable {
    var source: Source?
    var since: Double

    func passes(_ update: Update) -> Bool {
        update.timestamp.value > since && (source == nil || source == update.source)
    }
}
