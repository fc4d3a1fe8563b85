// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The value that results from the updates of one key.
///
/// The result depends only on the *set* of updates, never on their order of arrival. The newest
/// update whose value is not an object (a scalar, an array, or `null`) is called the *base*. It
/// replaces everything older. All updates newer than the base are objects, and the newest write of
/// each member wins. Without a newer object, the base is the value.
///
/// The entry retains exactly the updates that decide this: the base; each object newer than the
/// base that has a member which no newer object has; and the newest object, which may be empty.
/// Everything else loses against a retained update whatever arrives later, so a peer that receives
/// the retained updates has the same value and keeps having it.
struct ExpiryEntry: Sendable {
    /// The newest object that has a member.
    private struct Member: Sendable {
        var owner: Stamp
        /// The range of the value in the owner's payload.
        var value: Range<Int>
    }

    private struct Object: Sendable {
        let payload: Payload
        /// Where the object begins in the payload.
        let start: Int
        /// How many members the object owns, plus one if it is the newest object.
        var reasons: Int
    }

    private(set) var base: Update?
    /// The range of the value in the base's payload.
    private var baseValue = 0..<0
    private var objects: [Stamp: Object] = [:]
    private var members: [PropertyKey: Member] = [:]
    private var newestObject: Stamp?
    /// The objects by age.
    ///
    /// Some are gone.
    private var ages = StampQueue<Void>()

    /// The newest update, or `nil` if nothing is retained.
    var newest: Stamp? { [base?.stamp, newestObject].compactMap { $0 }.max() }

    var isEmpty: Bool { base == nil && objects.isEmpty }

    /// Whether the entry only records a deletion.
    var isTombstone: Bool {
        objects.isEmpty && (base.map { $0.payload.isNull(baseValue) } ?? true)
    }

    /// Applies an update whose value is at this range.
    ///
    /// - Returns: The stamps of the updates that are no longer needed; the update's own stamp comes
    ///   last if it lost.
    /// - Complexity: O(members of the value · log objects), amortised.
    mutating func apply(_ update: Update, _ value: Range<Int>) -> [Stamp] {
        let stamp = update.stamp
        if let base, stamp < base.stamp { return [stamp] }
        if update.payload[value.lowerBound] == UInt8(ascii: "{") {
            return merge(update, at: value.lowerBound)
        }
        var dropped = [base?.stamp].compactMap { $0 }
        base = update
        baseValue = value
        if newestObject.map({ $0 < stamp }) ?? true {
            dropped += objects.keys
            objects = [:]
            members = [:]
            ages.removeAll()
            newestObject = nil
        }
        while let oldest = ages.first, oldest < stamp {
            _ = ages.pop()
            if forget(object: oldest) { dropped.append(oldest) }
        }
        return dropped
    }

    private mutating func merge(_ update: Update, at start: Int) -> [Stamp] {
        let stamp = update.stamp
        var dropped: [Stamp] = []
        var reasons = 0
        Self.walk(update.payload, start) { name, value in
            if let member = members[name] {
                // The last of several equal keys in one object counts, as in JavaScript.
                guard member.owner <= stamp else { return }
                members[name] = Member(owner: stamp, value: value)
                guard member.owner < stamp else { return }
                release(member.owner, &dropped)
            } else {
                members[name] = Member(owner: stamp, value: value)
            }
            reasons += 1
        }
        if newestObject.map({ $0 < stamp }) ?? true {
            if let old = newestObject { release(old, &dropped) }
            newestObject = stamp
            reasons += 1
        }
        guard reasons > 0 else { return dropped + [stamp] }
        objects[stamp] = Object(payload: update.payload, start: start, reasons: reasons)
        ages.push(stamp, ())
        ages.sweep(keeping: objects.count) { stamp, _ in objects[stamp] != nil }
        return dropped
    }

    private static func walk(
        _ payload: Payload, _ start: Int, _ visit: (PropertyKey, Range<Int>) -> Void
    ) {
        payload.withUnsafeBufferPointer { bytes in
            guard var members = JSONMembers(bytes, at: start) else { return }
            while let member = members.next() {
                guard let name = PropertyKey(member.key, in: bytes) else { continue }
                visit(name, member.value)
            }
        }
    }

    private mutating func release(_ owner: Stamp, _ dropped: inout [Stamp]) {
        guard let reasons = objects[owner]?.reasons else { return }
        if reasons > 1 {
            objects[owner]?.reasons = reasons - 1
        } else {
            objects[owner] = nil
            dropped.append(owner)
        }
    }

    /// Drops one retained update because it expired.
    ///
    /// - Complexity: O(members of its value).
    mutating func forget(_ stamp: Stamp) {
        if base?.stamp == stamp {
            base = nil
        } else {
            _ = forget(object: stamp)
        }
    }

    private mutating func forget(object stamp: Stamp) -> Bool {
        guard let object = objects.removeValue(forKey: stamp) else { return false }
        Self.walk(object.payload, object.start) { name, _ in
            if members[name]?.owner == stamp { members[name] = nil }
        }
        if newestObject == stamp { newestObject = nil }
        return true
    }

    /// The stamps of all retained updates, unordered.
    var stamps: [Stamp] { Array(objects.keys) + [base?.stamp].compactMap { $0 } }

    /// The value as JSON, with the members of a merged object in export order.
    ///
    /// - Complexity: O(members · log members).
    var value: [UInt8]? {
        guard !objects.isEmpty else { return base.map { Array($0.payload[baseValue]) } }
        var output: [UInt8] = []
        var writer = ObjectWriter()
        for name in members.keys.sorted(by: PropertyKey.objectOrder) {
            guard let member = members[name], let object = objects[member.owner] else { continue }
            writer.begin(name, in: &output)
            output.append(contentsOf: object.payload[member.value])
        }
        writer.end(in: &output)
        return output
    }
}
