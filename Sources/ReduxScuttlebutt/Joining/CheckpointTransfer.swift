// SPDX-License-Identifier: MIT

/// A content on its way in, as far as it has come; it outlives the connection.
struct CheckpointTransfer: Sendable {
    /// The hash that the sender has named.
    let hash: ContentHash
    /// The number of bytes that the sender has named.
    let byteCount: Int
    /// What has arrived, from the beginning.
    private(set) var bytes: [UInt8] = []

    init(_ hash: ContentHash, byteCount: Int) {
        self.hash = hash
        self.byteCount = byteCount
    }

    /// Whether everything has arrived.
    var isComplete: Bool { bytes.count == byteCount }

    /// Whether everything has arrived and is what was named.
    var isSound: Bool { isComplete && ContentHash(of: bytes) == hash }

    /// The bytes to ask for next; `nil` if none is missing.
    var nextPart: Range<Int>? {
        guard !isComplete else { return nil }
        return bytes.count..<min(bytes.count + JoinLine.partByteCount, byteCount)
    }

    /// Takes the next bytes of a part.
    ///
    /// - Returns: Whether they were asked for.
    mutating func take(_ piece: [UInt8], upTo end: Int) -> Bool {
        guard !piece.isEmpty, bytes.count + piece.count <= end else { return false }
        bytes += piece
        return true
    }
}
