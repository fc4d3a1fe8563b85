// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding

/// Makes the bytes of an own action, or refuses it before anything has changed.
enum GossipEncoding {
    /// The rest of a line beside its payload fits into this many bytes, escapes and all.
    private static let lineReserve = 8_192

    /// The payload of an action.
    ///
    /// - Throws: ``GossipFault`` when the codec fails, or makes what other peers would refuse.
    static func payload<Action>(
        of action: Action, _ codec: ActionCodec<Action>
    ) throws -> Payload {
        let payload: Payload
        do {
            payload = try codec.encode(action)
        } catch {
            throw GossipFault(.notEncodable, "the action cannot be encoded: \(error)")
        }
        guard payload.count <= ClassicWire.maximumLineByteCount - lineReserve else {
            throw GossipFault(
                .tooLarge, "the action has \(payload.count) bytes, too many for a line")
        }
        let bounds = ClassicWire(rules: .fork).bounds
        let failure: JSONFailure? = payload.withUnsafeBufferPointer { bytes in
            do throws(JSONFailure) {
                try JSONScanner(bytes, bounds: bounds).validate()
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            let isTooLarge = failure.code == .tooDeep || failure.code == .stringTooLong
            throw GossipFault(
                isTooLarge ? .tooLarge : .notEncodable, "the action's JSON: \(failure.text)")
        }
        // White space may hold a line break, which would end the line in the middle.
        guard !payload.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            throw GossipFault(.notEncodable, "the action's JSON has a line break in it")
        }
        return payload
    }
}
