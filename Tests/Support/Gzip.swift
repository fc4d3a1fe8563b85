// SPDX-License-Identifier: MIT

import Subprocess

/// The program of that name.
public enum Gzip {
    /// A file could not be unpacked.
    public struct Failure: Error {
        /// Which file, and what gzip said.
        public let message: String
    }

    /// The most bytes that a file may have when it is unpacked.
    private static let byteLimit = 256 << 20

    /// The contents of a gzip file.
    ///
    /// - Throws: ``Failure``, or what keeps gzip from being started.
    public static func unpacked(_ path: String) async throws -> [UInt8] {
        let result = try await run(
            .name("gzip"), arguments: ["-dc", path], output: .bytes(limit: byteLimit),
            error: .string(limit: 4_096))
        guard result.terminationStatus.isSuccess else {
            throw Failure(message: "gzip could not unpack \(path): \(result.standardError)")
        }
        return result.standardOutput
    }
}
