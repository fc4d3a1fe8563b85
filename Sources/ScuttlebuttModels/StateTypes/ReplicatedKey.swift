// SPDX-License-Identifier: MIT

/// What can be an element of a set or a key of a map.
///
/// Use ``PropertyKey`` rather than `String` for text: Swift's strings are equal when they look the
/// same, JavaScript's when they are the same, so one of two keys would swallow the other here and
/// not there. An element that does not equal itself (NaN) is ignored.
public typealias ReplicatedKey = Codable & Comparable & Hashable & Sendable
