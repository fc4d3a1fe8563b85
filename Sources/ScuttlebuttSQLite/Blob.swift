// SPDX-License-Identifier: MIT

import GRDB

import struct Foundation.Data

/// Bytes of a GRDB blob.
///
/// Decoding anything but a blob returns `nil` instead of trapping.
struct Blob: DatabaseValueConvertible {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Blob? {
        guard case .blob(let data) = value.storage else { return nil }
        return Blob([UInt8](data))
    }
}
