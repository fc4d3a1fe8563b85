// SPDX-License-Identifier: MIT

/// Shows on a terminal how far a verb is, once it has taken longer than a second.
struct ProgressLine: Sendable {
    /// How long a verb may take without a word.
    static let patience = Duration.seconds(1)

    /// Whether anything is ever shown.
    let isShown: Bool
    private let start = ContinuousClock.now

    init(isShown: Bool = true) { self.isShown = isShown }

    func show(_ text: @autoclosure () -> String) {
        if isShown, isLate { StandardError.shared.progress(text()) }
    }

    /// Replaces what was shown by a last word, with the time that it took.
    func end(_ text: (_ time: String) -> String) {
        guard isShown else { return }
        StandardError.shared.endProgress()
        if isLate, StandardError.shared.isTerminal {
            StandardError.shared.note(text((ContinuousClock.now - start).formatted))
        }
    }

    private var isLate: Bool { ContinuousClock.now - start > ProgressLine.patience }
}

extension Duration {
    /// The duration in seconds with two decimals: `1.25 s`.
    var formatted: String {
        let hundredths =
            components.seconds * 100 + components.attoseconds / 10_000_000_000_000_000
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }
}
