// SPDX-License-Identifier: MIT

import TestSupport

extension RawConnection {
    /// Hears until `count` frames have come, or the end; as the decoder's tests write them.
    mutating func frames(_ count: Int) async throws -> [String] {
        while true {
            let said = WebSocketDecoderTests.decode(heard, bound: 1 << 24)
            if said.count >= count { return said }
            guard try await hear() else { return said }
        }
    }
}
