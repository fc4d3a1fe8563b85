// SPDX-License-Identifier: MIT

/// The delays before dialling again: exponential with jitter, as in the original's client.
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
/// The original gives up after ten attempts. We continue, because a phone may be offline for a
/// week. The count restarts once a link has been useful for ``usefulAfter``, not as soon as one
/// opens; otherwise a server that accepts every connection and closes it would be dialled at full
/// speed forever. A peer that refuses us (``LinkError/Code/refused``) is dialled again after at
/// least half of ``longest``.
public struct BackOff: Hashable, Sendable {
    /// The shortest first delay; default 0.5 s.
    ///
    /// A shorter delay finds a restarted server sooner, but puts more load on it if a thousand
    /// clients come back at once.
    public var base: Duration
    /// The longest delay; default 30 s.
    public var longest: Duration
    /// How long a link must have been open after the peer's first line to count as useful; default
    /// 1 s.
    public var usefulAfter: Duration

    /// Creates a rule for delays.
    public init(
        base: Duration = .milliseconds(500), longest: Duration = .seconds(30),
        usefulAfter: Duration = .seconds(1)
    ) {
        self.base = base
        self.longest = longest
        self.usefulAfter = usefulAfter
    }

    /// Returns the delay before the retry with this number.
    ///
    /// - Parameters:
    ///   - attempt: The number of the retry, counted from 1 since the last useful link.
    ///   - generator: The source of the jitter.
    public func delay(
        beforeAttempt attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        // 2^20 times any base is above any sensible longest delay.
        let doublings = min(max(attempt - 1, 0), 20)
        let factor = Double.random(in: 1..<2, using: &generator) * Double(1 << doublings)
        return min(base * factor, longest)
    }

    /// Returns the delay after a refusal, which only a person can usually do something about.
    func delayAfterRefusal(using generator: inout some RandomNumberGenerator) -> Duration {
        longest * Double.random(in: 0.5...1, using: &generator)
    }
}
