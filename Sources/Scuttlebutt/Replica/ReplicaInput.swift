// SPDX-License-Identifier: MIT

/// Something that happened outside of a ``Replica``, reported to it by its driver.
public enum ReplicaInput: Sendable {
    /// An own payload is to be signed and then written; for a replica that signs.
    case submitted(CheckedPayload)
    /// The signer's answer: the payload to write, or `nil` if it could not sign.
    case signed(SigningID, CheckedPayload?)
    /// Everything up to this token is durable.
    case saved(Int)
    /// These lines of a peer arrived together.
    case received(PeerID, [IncomingLine])
    /// The verifier's answer.
    case verified(VerificationID, Verdict)
    /// The part of the log that was asked for, in agreed order; `nil` if it cannot be read.
    case read(StoredRange, [Update]?)
    /// Another process has put these updates into the storage, in this order; `late` are those that
    /// it stored behind newer ones of their source. Each is told once.
    case stored([Update], late: [Update])
    /// The time of this timer is over.
    case timerFired(ReplicaTimer)
    /// The connection of this session has ended.
    case closed(PeerID)
}

/// A line that arrived, and the fingerprint of its update where updates are verified.
public struct IncomingLine: Sendable {
    /// The decoded line.
    public var line: DecodedLine
    /// The hash of the update; needed only by a replica that verifies.
    public var fingerprint: Fingerprint?

    /// Creates an incoming line.
    public init(_ line: DecodedLine, fingerprint: Fingerprint? = nil) {
        self.line = line
        self.fingerprint = fingerprint
    }
}

/// Identifies an own payload that is being signed; counts from 0.
public struct SigningID: Hashable, Comparable, Sendable {
    /// The number.
    public let number: Int

    /// Orders by age.
    public static func < (left: SigningID, right: SigningID) -> Bool { left.number < right.number }
}

/// Identifies an update that is being verified; counts from 1.
public struct VerificationID: Hashable, Sendable {
    /// The number.
    public let number: Int
}

/// What a verifier says about an update.
public enum Verdict: Hashable, Sendable {
    /// It may be accepted.
    case accepted
    /// It must not be accepted; it is remembered, so that it is not verified again.
    case refused(String)
    /// The verifier itself failed.
    ///
    /// The update is dropped and not remembered, and so is what its senders sent after it of that
    /// source. Their sessions are closed; the next ones bring it again.
    case failed(String)
}
