// SPDX-License-Identifier: MIT

/// Lets the first write of a peer wait for what the other side has, while a connection is being
/// made, so that it does not sort before everybody's history.
struct FirstWrite: Sendable {
    /// How long to wait before a person is told.
    private static let quietTime = Duration.milliseconds(500)
    /// How long to wait for a connection that is being made, unless the user says otherwise.
    static let usualLimit = Duration.seconds(5)

    private let limit: Duration
    /// Whether the peer knows others' actions already, so that its stamps come behind those.
    private let knowsOthers: @Sendable () -> Bool
    /// Opens when it has been said that nobody could be asked.
    private let warned = Latch()
    private let standsBy: @Sendable () -> Bool
    /// Opens when the first attempt to connect has succeeded or failed.
    private let settled: Latch
    private let hasOpened: @Sendable () -> Bool
    /// Waits until some peer has said what it has, or the time is over.
    private let headerReceived: @Sendable (Duration) async -> Bool

    /// Creates the wait of a peer that dials.
    ///
    /// - Parameter limit: How long to wait at most; zero stamps at once.
    init(
        _ links: LinkMonitor, limit: Duration = FirstWrite.usualLimit,
        knowsOthers: @escaping @Sendable () -> Bool = { true },
        headerReceived: @escaping @Sendable (Duration) async -> Bool
    ) {
        self.limit = limit
        self.knowsOthers = knowsOthers
        settled = links.settled
        standsBy = { links.standsBy }
        hasOpened = { links.hasOpened }
        self.headerReceived = headerReceived
    }

    /// Returns when some peer has said what it has, the first attempt to connect has failed, or
    /// the time is over; without a header, and without one from an earlier run, it says so once.
    func wait() async {
        if await headerReceived(.zero) { return }
        if limit > .zero { await waitForHeader() }
        if knowsOthers() || standsBy() || warned.isOpen { return }
        if await headerReceived(.zero) { return }
        warned.open()
        StandardError.shared.note(
            "no server has said yet what others have written: what you write now may come before "
                + "it in the agreed order")
    }

    private func waitForHeader() async {
        let limit = limit
        let note = Task {
            try? await Task.sleep(for: Self.quietTime)
            if Task.isCancelled { return }
            let seconds = limit.components.seconds
            StandardError.shared.note(
                "waiting for the other side before the first write, up to \(seconds) s")
        }
        defer { note.cancel() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await settled.wait()
                if hasOpened() { _ = await headerReceived(limit) }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
