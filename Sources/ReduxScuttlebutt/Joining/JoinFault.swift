// SPDX-License-Identifier: MIT

/// Why a state was not taken.
struct JoinFault: Error, CustomStringConvertible {
    let description: String
    /// Whether the peer has said something that cannot be true; it is not asked again.
    let isUntrue: Bool

    init(_ description: String) {
        self.description = description
        isUntrue = false
    }

    init(untrue description: String) {
        self.description = description
        isUntrue = true
    }
}
