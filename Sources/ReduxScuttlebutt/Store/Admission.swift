// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Decides about an own action from its bytes, before it changes anything.
@usableFromInline
struct Admission: Sendable {
    /// What is to be done with an action.
    @usableFromInline
    enum Way: Sendable {
        /// Fold it here, and tell nobody.
        case local
        /// Have it signed, then stamp it.
        case sign
        /// Stamp it.
        case gossip
    }

    /// The rest of a line beside its payload fits into this many bytes, escapes and all.
    private static let lineReserve = 8_192

    let folding: FoldingThread
    let bounds: JSONBounds
    let isGossipType: (@Sendable (String) -> Bool)?
    @usableFromInline let signs: Bool

    /// The way of an action with these bytes.
    ///
    /// - Throws: ``GossipFault`` when other peers would refuse it, or a reducer dispatches it.
    @usableFromInline
    func admit(_ payload: Payload, staysLocal: Bool) throws -> Way {
        if folding.isCurrent {
            let action = String(decoding: payload.prefix(200), as: UTF8.self)
            throw GossipFault(
                .dispatchInReducer,
                "a reducer, or the body of a withState, may not dispatch \(action)")
        }
        if staysLocal { return .local }
        var isLocal = try Admission.check(payload, bounds)
        if let isGossipType, case .action(let type) = ActionShape.inspect(payload) {
            isLocal = !isGossipType(String(decoding: type, as: UTF8.self))
        }
        if isLocal { return .local }
        return signs ? .sign : .gossip
    }

    /// Whether an action stays local by the default rule for its name.
    ///
    /// - Throws: ``GossipFault`` when other peers would refuse the bytes.
    static func check(_ payload: Payload, _ bounds: JSONBounds) throws(GossipFault) -> Bool {
        let limit = max(bounds.stringByteCount, ClassicWire.maximumLineByteCount) - lineReserve
        let frameByteCount = payload.withUnsafeBufferPointer {
            ClassicWire.frameByteCount($0, countingAbove: limit)
        }
        guard frameByteCount <= limit else {
            throw GossipFault(
                .tooLarge, "the action has \(payload.count) bytes, too many for a line")
        }
        let result = payload.withUnsafeBufferPointer { bytes -> Result<Bool, GossipFault> in
            do throws(JSONFailure) {
                try JSONScanner(bytes, bounds: bounds).validate()
            } catch {
                let isTooLarge = error.code == .tooDeep || error.code == .stringTooLong
                return .failure(
                    GossipFault(
                        isTooLarge ? .tooLarge : .notEncodable, "the action's JSON: \(error.text)"))
            }
            // White space may hold a line break, which would end the line in the middle.
            for byte in bytes where byte == 0x0A || byte == 0x0D {
                return .failure(
                    GossipFault(.notEncodable, "the action's JSON has a line break in it"))
            }
            do throws(ActionShape.Refusal) {
                return .success(try ActionShape.isLocalAction(bytes))
            } catch {
                return .failure(GossipFault(.notAnAction, error.text))
            }
        }
        return try result.get()
    }
}

extension GossipFault {
    /// The codec failed.
    @usableFromInline
    static func notEncodable(_ error: any Error) -> GossipFault {
        GossipFault(.notEncodable, "the action cannot be encoded: \(error)")
    }
}
