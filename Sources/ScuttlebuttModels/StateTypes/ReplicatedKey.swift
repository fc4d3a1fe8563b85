// SPDX-License-Identifier: MIT

/// A type for the elements of a set or the keys of a map.
///
/// Use ``PropertyKey`` rather than `String` for text. Swift's strings are equal if they look the
/// same, JavaScript's if they have the same code units, so two keys there could be one key here. An
/// element that does not equal itself (NaN) is ignored.
public typealias ReplicatedKey = Codable & Comparable & Hashable & Sendable
