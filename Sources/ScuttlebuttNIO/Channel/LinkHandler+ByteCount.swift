// SPDX-License-Identifier: MIT

import Synchronization

extension LinkHandler {
    /// A number that one thread raises and others read.
    final class ByteCount: Sendable {
        private let count = Atomic<Int>(0)

        func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }

        var value: Int { count.load(ordering: .relaxed) }
    }
}
