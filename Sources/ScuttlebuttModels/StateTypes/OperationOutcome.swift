// SPDX-License-Identifier: MIT

/// What became of an operation that was applied.
public enum OperationOutcome: Hashable, Sendable {
    /// The value has it, whether it changed anything or not.
    case applied
    /// The value was compacted beyond its stamp, so it was ignored.
    ///
    /// Either it is a repetition of one that was applied before the compaction, or it arrived after
    /// ``OperationBased/compact(stableBefore:)`` had been promised that nothing would. Then it is
    /// lost here, while replicas that compacted later have it: report it, and compact later.
    case tooLate
}
