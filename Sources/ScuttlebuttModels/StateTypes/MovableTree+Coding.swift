// SPDX-License-Identifier: MIT

extension MovableTree {
    private struct Form: Codable {
        var horizon: CompactionHorizon
        /// The tree at the horizon.
        var base: [Operation]
        var steps: [StepForm]
    }

    private struct StepForm: Codable {
        var stamp: CodedStamp
        var operation: Operation
    }

    /// Reads what ``encode(to:)`` wrote, and repeats the moves.
    ///
    /// - Throws: `DecodingError`, also for a tree with a cycle.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        for place in form.base {
            guard place.node == place.node, place.parent.map({ !isBelow($0, place.node) }) ?? true
            else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath, debugDescription: "the nodes form a cycle"))
            }
            positions[place.node] = Position(parent: place.parent, value: place.value)
        }
        for step in form.steps { apply(step.operation, at: step.stamp.stamp) }
        horizon = form.horizon
    }

    /// Writes the tree at the horizon, ascending by node, and the later operations, by stamp.
    ///
    /// A tree written by an earlier version, whose operations all had a parent and a value, is read
    /// as well.
    public func encode(to encoder: any Encoder) throws {
        let base = base.sorted { $0.key < $1.key }
        try Form(
            horizon: horizon,
            base: base.map { node, position in
                Operation(node: node, parent: position.parent, value: position.value)
            },
            steps: steps.map { StepForm(stamp: CodedStamp($0.stamp), operation: $0.operation) }
        ).encode(to: encoder)
    }
}
