// SPDX-License-Identifier: MIT

/// A list that grows at its end, of which a copy is cheap.
///
/// A history keeps copies of the state to rewind to. The first change after that copies an array
/// completely; of this list it copies at most one chunk, and one reference for each of the others.
public struct GrowingList<Element> {
    /// The most elements that are copied when the list grows.
    static var chunkLength: Int { 256 }

    /// All but the last have ``chunkLength`` elements.
    private var chunks: [[Element]] = []

    /// Creates an empty list.
    public init() {}

    /// Adds an element at the end.
    ///
    /// - Complexity: O(1); after a copy O(c + n ⁄ c), where c is 256.
    public mutating func append(_ element: Element) {
        if let last = chunks.indices.last, chunks[last].count < Self.chunkLength {
            chunks[last].append(element)
        } else {
            var chunk: [Element] = []
            chunk.reserveCapacity(Self.chunkLength)
            chunk.append(element)
            chunks.append(chunk)
        }
    }
}

extension GrowingList: RandomAccessCollection {
    /// The place of the first element, 0.
    public var startIndex: Int { 0 }

    /// The number of elements.
    public var endIndex: Int {
        chunks.isEmpty ? 0 : (chunks.count - 1) * Self.chunkLength + chunks[chunks.count - 1].count
    }

    /// The element at a place, which may be replaced.
    public subscript(place: Int) -> Element {
        get { chunks[place / Self.chunkLength][place % Self.chunkLength] }
        set { chunks[place / Self.chunkLength][place % Self.chunkLength] = newValue }
    }
}

extension GrowingList: MutableCollection {}
extension GrowingList: Equatable where Element: Equatable {}
extension GrowingList: Hashable where Element: Hashable {}
extension GrowingList: Sendable where Element: Sendable {}

extension GrowingList: JSONWritable where Element: JSONWritable {
    /// Writes an array.
    public func write(to json: inout JSONOutput) {
        json.array { json in
            for element in self { json.value(element) }
        }
    }
}
