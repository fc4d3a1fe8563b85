// SPDX-License-Identifier: MIT

import Foundation

/// The file of `serve --core-module`.
enum CoreModuleFile {
    /// The largest that is served: 16 MiB, fifty times as large as ours.
    static let byteLimit = 1 << 24

    /// Returns its bytes.
    ///
    /// - Throws: ``CommandError`` if it cannot be read or is no WebAssembly module.
    static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("--core-module \(path) cannot be read; dev/web builds it")
        }
        guard data.starts(with: [0x00, 0x61, 0x73, 0x6D]), data.count <= byteLimit else {
            throw CommandError(
                "--core-module \(path) is not a WebAssembly module of at most \(byteLimit) bytes")
        }
        return Array(data)
    }
}
