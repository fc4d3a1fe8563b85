// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Runs one session over one link: passes received lines to the replica, and sends what the replica
/// has for the peer whenever the link has room.
///
/// Running a driver consumes it, so that it cannot be used for a second connection.
public struct SessionDriver: ~Copyable, Sendable {
    private let link: any Link
    private var options: SessionOptions
    /// Called with the first lines of the peer.
    private var onFirstLines: (@Sendable () -> Void)?
    private var measure: LineLimitGuess.Measure?
    private var watch: SilenceWatch?
    private var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Creates the driver of a newly opened link.
    public init(_ link: any Link, options: SessionOptions) {
        self.link = link
        self.options = options
        self.options.headerForm = options.headerForm ?? link.headerForm
    }

    /// Creates the driver of a link that somebody watches.
    init(
        _ link: any Link, options: SessionOptions, onFirstLines: (@Sendable () -> Void)?,
        measure: LineLimitGuess.Measure?, watch: SilenceWatch,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.init(link, options: options)
        self.onFirstLines = onFirstLines
        self.measure = measure
        self.watch = link.detectsSilence ? nil : watch
        self.sleep = sleep
    }

    /// Runs the session until the connection has ended.
    ///
    /// - Returns: The reason why it ended.
    public consuming func run(_ host: any SessionHost) async -> SessionEnding {
        let (link, options, onFirstLines) = (link, options, onFirstLines)
        let measure = measure
        let (watch, sleep, ear) = (
            watch, sleep, SilenceWatch.Ear { [link] in link.receivedByteCount }
        )
        let signal = SessionSignal()
        let peer = host.openSession(options, signal: signal)
        signal.raiseWork()
        let ending = await withTaskGroup(of: SessionEnding?.self) { group in
            group.addTask {
                await SessionDriver.read(link, host, peer, signal, ear, onFirstLines)
            }
            if let watch {
                group.addTask {
                    await watch.run(ear, of: peer, host, sleep: sleep).map { .lost($0) }
                }
            }
            group.addTask { await SessionDriver.write(link, host, peer, signal, ear, measure) }
            group.addTask {
                // This ends a writer that waits for a peer that has stopped reading.
                let reason = await signal.closed()
                await link.close(reason)
                return SessionEnding(reason)
            }
            var ending: SessionEnding?
            for await result in group {
                guard let result else { continue }
                // The first reason is the cause; that of the other half is its consequence.
                if ending == nil { ending = result }
                signal.raiseClose(result.closing)
                // The reader may be waiting for the replica instead of the link.
                group.cancelAll()
                await link.close(result.closing)
            }
            return ending ?? .finished
        }
        host.closeSession(peer)
        await link.close(ending.closing)
        return ending
    }

    /// Reads until the connection fails or the peer ends its half, which returns `nil`.
    private static func read(
        _ link: any Link, _ host: any SessionHost, _ peer: PeerID, _ signal: SessionSignal,
        _ ear: SilenceWatch.Ear, _ onFirstLines: (@Sendable () -> Void)?
    ) async -> SessionEnding? {
        var decoder = LineDecoder(wire: host.wire)
        var onFirstLines = onFirstLines
        do {
            while let lines = try await link.receive() {
                onFirstLines.take()?()
                ear.beginTaking()
                defer { ear.endTaking() }
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
        _ link: any Link, _ host: any SessionHost, _ peer: PeerID, _ signal: SessionSignal,
        _ ear: SilenceWatch.Ear, _ measure: LineLimitGuess.Measure?
    ) async -> SessionEnding? {
        var hasFinished = false
        do {
            while true {
                let event = await signal.next()
                if case .close(let reason) = event {
                    await link.close(reason)
                    return SessionEnding(reason)
                }
                while let pulled = host.pull(peer) {
                    measure?.add(pulled.lines)
                    ear.noteSent(pulled.lines.bytes.count)
                    try await link.send(pulled.lines)
                    if pulled.finishes, !hasFinished {
                        hasFinished = true
                        await link.finish()
                    }
                }
                if case .peerEnded = event {
                    if !hasFinished { await link.finish() }
                    return .finished
                }
            }
        } catch {
            return SessionEnding(error)
        }
    }
}
