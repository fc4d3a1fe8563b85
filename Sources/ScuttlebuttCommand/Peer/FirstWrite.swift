// SPDX-License-Identifier: MIT

/// Lets the first write of a peer wait for what the other side has, while a connection is being
/// made, so that it does not sort before everybody's history.
struct FirstWrite: Sendable {
    /// How long to wait before a person is told.
    private static let quietTime = Duration.milliseconds(500)
    /// How long to wait for a connection that is being made.
    private static let limit = Duration.seconds(5)

    /// Opens when the first attempt to connect has succeeded or failed.
    private let settled: Latch
    private let hasOpened: @Sendable () -> Bool
    /// Waits until some peer has said what it has, or the time is over.
    private let headerReceived: @Sendable (Duration) async -> Bool

    /// Creates the wait of a peer that dials.
    init(
        _ links: LinkMonitor, headerReceived: @escaping @Sendable (Duration) async -> Bool
    ) {
        settled = links.settled
        hasOpened = { links.hasOpened }
        self.headerReceived = headerReceived
    }

    /// Returns when some peer has said what it has, the first attempt to connect has failed, or 5 s
    /// are over.
    func wait() async {
        if await headerReceived(.zero) { return }
        let note = Task {
            try? await Task.sleep(for: Self.quietTime)
            if Task.isCancelled { return }
            StandardError.shared.note("waiting for the other side before the first write")
        }
        defer { note.cancel() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await settled.wait()
                if hasOpened() { _ = await headerReceived(Self.limit) }
            }
            group.addTask { try? await Task.sleep(for: Self.limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
