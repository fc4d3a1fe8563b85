// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt

/// A position in the agreed order, written `T@SOURCE`.
struct StampArgument: ExpressibleByArgument, Equatable {
    let stamp: Stamp

    init?(argument: String) {
        guard let at = argument.firstIndex(of: "@"),
            argument[..<at].utf8.allSatisfy({ (48...57).contains($0) || $0 == 0x2E }),
            let number = Double(String(argument[..<at])), let timestamp = Timestamp(number),
            let source = Source(String(argument[argument.index(after: at)...]))
        else { return nil }
        stamp = Stamp(timestamp: timestamp, source: source)
    }
}
