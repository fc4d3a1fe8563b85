// SPDX-License-Identifier: MIT

import Scuttlebutt

// One line of the classic wire through the codec: enough to link and to run the scanner, and the
// parser and printer of numbers, which need arithmetic that wasm32 does not have by itself.

/// The longest line that this example takes, in bytes.
private let lineLimit: Int32 = 65_536

// proof: wasm32 here has one thread, and a page calls one export at a time.
nonisolated(unsafe) private let line = UnsafeMutableBufferPointer<UInt8>.allocate(
    capacity: Int(lineLimit))
nonisolated(unsafe) private var decoder = LineDecoder(wire: ClassicWire(rules: .fork))

/// The address of a place for 65,536 bytes, into which the page writes a line.
@_expose(wasm, "line_address")
@_cdecl("line_address")
public func lineAddress() -> UnsafeMutablePointer<UInt8>? { line.baseAddress }

/// Decodes the update in the first `count` bytes and writes it back as we would write it.
///
/// Returns how many bytes were written; 0 for a line that is no update or fits no more, −1 for an
/// update that is refused, −2 for a line that would end the connection.
@_expose(wasm, "line_canonical")
@_cdecl("line_canonical")
public func lineCanonical(_ count: Int32) -> Int32 {
    guard (0...lineLimit).contains(count) else { return 0 }
    let received = UnsafeBufferPointer(rebasing: line[..<Int(count)])
    guard let decoded = try? decoder.decode(received) else { return -2 }
    switch decoded {
    case .ignored, .message(.digest), .message(.sync), .message(.probe), .message(.probeAnswer),
        .message(.refusal):
        return 0
    case .refused: return -1
    case .message(.update(let update)):
        var bytes: [UInt8] = []
        let plain = Update(
            payload: update.payload, timestamp: update.timestamp, source: update.source)
        ClassicWire.append(plain, to: &bytes)
        guard bytes.count <= line.count else { return 0 }
        _ = line.update(fromContentsOf: bytes)
        return Int32(bytes.count)
    }
}
