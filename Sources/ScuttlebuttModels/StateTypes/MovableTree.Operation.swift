// SPDX-License-Identifier: MIT

extension MovableTree {
    /// Puts a node somewhere, writes its value, or both: creates, moves, removes or renames it.
    public struct Operation: Equatable, Sendable {
        /// The node.
        public var node: Node
        /// The new parent; `nil` to leave the node where it is.
        public var parent: Parent?
        /// The new value, for instance the node's name or its rank among its siblings; `nil` to
        /// leave it as it is.
        public var value: Value?
        /// For a removal, what its author had seen of the tree: the newest operation of each
        /// source.
        ///
        /// What others put below the node without the author's knowledge is not removed. If it is
        /// `nil`, everything below the node is removed that was put there before in the agreed
        /// order.
        public var seen: ObservedStamps?

        /// Creates an operation.
        public init(
            node: Node, parent: Parent? = nil, value: Value? = nil, seen: ObservedStamps? = nil
        ) {
            self.node = node
            self.parent = parent
            self.value = value
            self.seen = seen
        }
    }
}

extension MovableTree.Operation: Codable {
    private enum CodingKeys: String, CodingKey { case node, parent, value, seen }

    /// Reads an object of which only `node` is required.
    ///
    /// A value of `null` is a value if `Value` has such a one, so its presence decides.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        node = try container.decode(Node.self, forKey: .node)
        parent = try container.decodeIfPresent(MovableTree.Parent.self, forKey: .parent)
        value =
            container.contains(.value) ? try container.decode(Value.self, forKey: .value) : nil
        seen = try container.decodeIfPresent(ObservedStamps.self, forKey: .seen)
    }

    /// Writes the members in a fixed order, without those that are `nil`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(node, forKey: .node)
        try container.encodeIfPresent(parent, forKey: .parent)
        if let value { try container.encode(value, forKey: .value) }
        try container.encodeIfPresent(seen, forKey: .seen)
    }
}
