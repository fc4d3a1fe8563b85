// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The reason why a session ended.
public enum SessionEnding: Sendable {
    /// Both sides ended their half.
    case finished
    /// The peer's server asked us not to come back.
    case dismissed
    /// The connection was lost, or could not be used.
    case lost(LinkError)
    /// The peer broke the protocol and was cut off.
    case fault(SessionError)
    /// Our side shut down.
    case shutdown

    init(_ error: any Error) {
        switch error {
        case let error as SessionError: self = .fault(error)
        case let error as LinkError:
            self = error.code == .dismissed ? .dismissed : .lost(error)
        case is CancellationError: self = .shutdown
        default: self = .lost(LinkError(.lost, "\(error)"))
        }
    }

    init(_ closing: LinkClosing) {
        switch closing {
        case .finished: self = .finished
        case .shutdown: self = .shutdown
        case .fault(let message): self = .lost(LinkError(.closed, message))
        }
    }

    /// The error of the link, if one ended the session.
    var linkError: LinkError? {
        switch self {
        case .lost(let error): error
        case .dismissed: LinkError(.dismissed, "the server asked us not to come back")
        case .finished, .fault, .shutdown: nil
        }
    }

    var closing: LinkClosing {
        switch self {
        case .finished, .dismissed: .finished
        case .lost(let error): .fault(error.message)
        case .fault(let error): .fault(error.message)
        case .shutdown: .shutdown
        }
    }
}
