// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Runs one session over one link: reads lines into the replica, and writes what the replica has
/// for the peer whenever the link has room.
///
/// The link is consumed: a driver runs once, so a session object for two peers cannot be written.
public struct SessionDriver: ~Copyable, Sendable {
    private let link: any Link
    private var options: SessionOptions

    /// Makes the driver of a link that was just opened.
    public init(_ link: any Link, options: SessionOptions) {
        self.link = link
        self.options = options
        self.options.headerForm = options.headerForm ?? link.headerForm
    }

    /// Runs the session until the connection has ended.
    ///
    /// - Returns: Why it ended.
    public consuming func run(_ host: any SessionHost) async -> SessionEnding {
        let (link, options) = (link, options)
        let signal = SessionSignal()
        let peer = host.openSession(options, signal: signal)
        signal.raiseWork()
        let ending = await withTaskGroup(of: SessionEnding?.self) { group in
            group.addTask { await SessionDriver.read(link, host, peer, signal) }
            group.addTask { await SessionDriver.write(link, host, peer, signal) }
            group.addTask {
                // Ends a writer that waits for a peer that reads no more.
                let reason = await signal.closed()
                await link.close(reason)
                return SessionEnding(reason)
            }
            var ending: SessionEnding?
            for await result in group {
                guard let result else { continue }
                // The first reason is the true one; what the other half meets is its consequence.
                if ending == nil { ending = result }
                signal.raiseClose(result.closing)
                // The reader may be waiting for the replica and not for the link.
                group.cancelAll()
                await link.close(result.closing)
            }
            return ending ?? .finished
        }
        host.closeSession(peer)
        await link.close(ending.closing)
        return ending
    }

    /// Reads until the peer ends its half (`nil`) or the connection fails.
    private static func read(
        _ link: any Link, _ host: any SessionHost, _ peer: PeerID, _ signal: SessionSignal
    ) async -> SessionEnding? {
        var decoder = LineDecoder(wire: host.wire)
        do {
            while let lines = try await link.receive() {
                try await host.receive(lines, from: peer, decoder: &decoder)
            }
            signal.raisePeerEnded()
            return nil
        } catch {
            return SessionEnding(error)
        }
    }

    /// Writes until both halves have ended or the connection fails.
    private static func write(
        _ link: any Link, _ host: any SessionHost, _ peer: PeerID, _ signal: SessionSignal
    ) async -> SessionEnding? {
        var hasFinished = false
        do {
            while true {
                let news = await signal.next()
                if case .close(let reason) = news {
                    await link.close(reason)
                    return SessionEnding(reason)
                }
                while let pulled = host.pull(peer) {
                    try await link.send(pulled.lines)
                    if pulled.finishes, !hasFinished {
                        hasFinished = true
                        await link.finish()
                    }
                }
                if case .peerEnded = news {
                    if !hasFinished { await link.finish() }
                    return .finished
                }
            }
        } catch {
            return SessionEnding(error)
        }
    }
}

/// Why a session ended.
public enum SessionEnding: Sendable {
    /// Both sides ended the conversation.
    case finished
    /// The peer's server said that we shall not come back.
    case dismissed
    /// The connection was lost, or could not be used.
    case lost(LinkError)
    /// The peer broke the protocol and was cut off.
    case fault(SessionError)
    /// We shut down.
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

    var closing: LinkClosing {
        switch self {
        case .finished, .dismissed: .finished
        case .lost(let error): .fault(error.message)
        case .fault(let error): .fault(error.message)
        case .shutdown: .shutdown
        }
    }
}
