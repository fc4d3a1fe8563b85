// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Selects the updates to print.
struct LogFilter: Sendable {
    var source: Source?
    var since: Double

    /// A stamp before all that pass; `nil` if there is none.
    var before: Stamp? {
        // Whatever has the same timestamp does not pass either, so that any source will do.
        guard let timestamp = Timestamp(since), let source = Source("-") else { return nil }
        return Stamp(timestamp: timestamp, source: source)
    }

    func passes(_ update: Update) -> Bool {
        update.timestamp.value > since && (source == nil || source == update.source)
    }
}
