// SPDX-License-Identifier: MIT

/// What undoing or redoing a step comes to.
public enum UndoOutcome<Change: Sendable>: Sendable, CustomStringConvertible {
    /// Write this to undo the step.
    case change(Change)
    /// Others have already undone or replaced everything of the step, which is done with.
    ///
    /// Nothing is to be written, and no older step was touched: say so, rather than undoing
    /// something that nobody expects.
    case skipped
    /// There is no step.
    case nothing

    /// What to write, if anything.
    public var change: Change? {
        if case .change(let change) = self { change } else { nil }
    }

    /// A sentence for people.
    public var description: String {
        switch self {
        case .change: "The step is undone."
        case .skipped: "Others have already undone or replaced this step."
        case .nothing: "There is nothing to undo."
        }
    }
}
