// SPDX-License-Identifier: MIT

/// Why the payload of an update does not fit its type.
struct MalformedUpdateError: Error {
    /// What was expected, for the report about the refused update.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
