// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Checks of identities given on the command line.
enum StoreIdentity {
    /// Parses the value of `--id`.
    ///
    /// - Throws: ``CommandError`` for a name that peers would refuse.
    static func read(_ text: String?) throws -> Source? {
        guard let text else { return nil }
        guard !text.isEmpty, text.utf8.count <= ClassicWire.maximumSourceByteCount,
            let source = Source(text), !source.isObjectPrototypeName
        else {
            throw CommandError(
                "invalid --id '\(text)': use 1–\(ClassicWire.maximumSourceByteCount) bytes, and "
                    + "not a property that every JavaScript object has, such as toString")
        }
        return source
    }

    /// Checks that a store belongs to the identity the user asked for.
    static func check(
        _ source: Source, wanted: Source?, path: String, _ close: () async -> Void
    ) async throws {
        guard let wanted, wanted != source else { return }
        await close()
        throw CommandError(
            "\(path) belongs to the peer \(source), not to \(wanted); omit --id or use another "
                + "store")
    }
}
