// SPDX-License-Identifier: MIT

/// How long to wait before dialling again: exponential with jitter, as the original's client does.
///
/// The delay before the n-th retry is `(random + 1) × base × 2^(n − 1)`, at most ``longest``:
///
/// | retry | delay with the defaults |
/// |---|---|
/// | 1 | 0.5–1 s |
/// | 2 | 1–2 s |
/// | 5 | 8–16 s |
/// | 6 and later | 16–30 s |
///
/// The original gives up after ten attempts; we go on, for a phone may be offline for a week.
public struct BackOff: Hashable, Sendable {
    /// The shortest first delay; default 0.5 s.
    ///
    /// Less finds a restarted server sooner and costs it more when a thousand clients come back at
    /// once.
    public var base: Duration
    /// The longest delay; default 30 s.
    public var longest: Duration

    /// Makes a rule.
    public init(base: Duration = .milliseconds(500), longest: Duration = .seconds(30)) {
        self.base = base
        self.longest = longest
    }

    /// The delay before the retry with this number.
    ///
    /// - Parameters:
    ///   - attempt: From 1, counted since the last connection.
    ///   - generator: Where the jitter comes from.
    public func delay(
        beforeAttempt attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        // 2^20 times any base is above any sensible longest delay.
        let doublings = min(max(attempt - 1, 0), 20)
        let factor = Double.random(in: 1..<2, using: &generator) * Double(1 << doublings)
        return min(base * factor, longest)
    }
}
