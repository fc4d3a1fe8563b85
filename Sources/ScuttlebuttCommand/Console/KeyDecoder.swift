// SPDX-License-Identifier: MIT

/// Turns the bytes of a terminal into keys.
///
/// Sequences and characters may be split between reads at any place. What is not known is skipped
/// whole, so that no part of an unknown key ends up in the text.
struct KeyDecoder {
    /// A sequence that is longer than this is none.
    static let sequenceLimit = 32

    private enum Phase: Equatable {
        case ground
        /// After an escape.
        case escape
        /// After an escape and `[`, with the bytes since.
        case control([UInt8])
        /// After an escape and `O`.
        case single
    }

    private var phase = Phase.ground
    /// Whether text comes from the clipboard: its line breaks do not send it.
    private var isPasting = false
    /// The beginning of a UTF-8 sequence whose end was not read yet.
    private var partial: [UInt8] = []
    private var text = ""
    /// Whether the last byte was a carriage return, whose line feed counts as the same key.
    private var endedWithReturn = false

    /// Decodes what was read.
    ///
    /// - Complexity: O(n).
    mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes { take(byte, &keys) }
        flushText(&keys)
        return keys
    }

    private mutating func take(_ byte: UInt8, _ keys: inout [Key]) {
        switch phase {
        case .ground:
            takeGround(byte, &keys)
        case .escape:
            switch byte {
            case 0x5B: phase = .control([])
            case 0x4F: phase = .single
            case 0x1B: break
            default:
                phase = .ground
                if let key = KeyDecoder.alternate(byte) { add(key, &keys) }
            }
        case .single:
            phase = .ground
            if let key = KeyDecoder.cursor(byte) { add(key, &keys) }
        case .control(let sequence):
            if (0x40...0x7E).contains(byte) {
                phase = .ground
                finish(sequence, byte, &keys)
            } else if byte < 0x20 || sequence.count >= KeyDecoder.sequenceLimit {
                phase = .ground
            } else {
                phase = .control(sequence + [byte])
            }
        }
    }

    private mutating func takeGround(_ byte: UInt8, _ keys: inout [Key]) {
        defer { endedWithReturn = byte == 0x0D }
        if byte >= 0x80 || !partial.isEmpty, takePartial(byte) { return }
        if byte == 0x1B { return phase = .escape }
        if isPasting, byte < 0x20 {
            if !(byte == 0x0A && endedWithReturn) { text += " " }
            return
        }
        if byte >= 0x20, byte < 0x7F {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else if byte == 0x0A, endedWithReturn {
            return
        } else if let key = KeyDecoder.control(byte) {
            add(key, &keys)
        }
    }

    /// Takes a byte of a UTF-8 sequence; returns false for a byte that is not part of one.
    private mutating func takePartial(_ byte: UInt8) -> Bool {
        if !(0x80..<0xC0).contains(byte) {
            partial = []  // what was begun is not continued
            guard (0xC2..<0xF5).contains(byte) else { return byte >= 0x80 }
            partial = [byte]
            return true
        }
        guard let first = partial.first else { return true }
        partial.append(byte)
        guard partial.count == (first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4) else { return true }
        if let whole = String(validating: partial, as: UTF8.self) {
            text += String(
                String.UnicodeScalarView(whole.unicodeScalars.filter(TerminalText.isSafe)))
        }
        partial = []
        return true
    }

    private mutating func finish(_ sequence: [UInt8], _ final: UInt8, _ keys: inout [Key]) {
        let parts = sequence.split(separator: 0x3B, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard final == 0x7E else {
            guard let key = KeyDecoder.cursor(final) else { return }
            // The second number says which other keys were held: 3 Alt, 5 Control.
            let isWord = parts.count > 1 && ["3", "5", "7"].contains(parts[1])
            switch key {
            case .left where isWord: add(.wordLeft, &keys)
            case .right where isWord: add(.wordRight, &keys)
            default: add(key, &keys)
            }
            return
        }
        switch parts.first {
        case "200": isPasting = true
        case "201": isPasting = false
        case "1", "7": add(.home, &keys)
        case "4", "8": add(.end, &keys)
        case "3": add(.delete, &keys)
        default: break
        }
    }

    private mutating func add(_ key: Key, _ keys: inout [Key]) {
        // A paste holds no keys, whatever it looks like.
        if isPasting { return }
        flushText(&keys)
        keys.append(key)
    }

    private mutating func flushText(_ keys: inout [Key]) {
        if !text.isEmpty { keys.append(.text(text)) }
        text = ""
    }

    private static func control(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x0B: .killToEnd
        case 0x0C: .redraw
        case 0x0E: .down
        case 0x10: .up
        case 0x15: .killToStart
        case 0x17: .killWord
        default: nil
        }
    }

    private static func cursor(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x41: .up
        case 0x42: .down
        case 0x43: .right
        case 0x44: .left
        case 0x46: .end
        case 0x48: .home
        default: nil
        }
    }

    /// A key that was pressed together with Alt.
    private static func alternate(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x62: .wordLeft
        case 0x66: .wordRight
        case 0x08, 0x7F: .killWord
        default: nil
        }
    }
}
