// SPDX-License-Identifier: MIT

/// The kinds of fault that a generated script may contain.
public struct Faults: OptionSet, Hashable, Sendable {
    /// One bit per kind.
    public let rawValue: Int

    /// Creates a set from its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Groups of peers that cannot reach each other for a while, whether or not they notice at
    /// once.
    public static let partitions = Faults(rawValue: 1)
    /// Connections that break, losing what is in flight.
    public static let cuts = Faults(rawValue: 1 << 1)
    /// Connections that one side considers open and the other has forgotten.
    public static let halfOpen = Faults(rawValue: 1 << 2)
    /// Peers that lose power and come back with what is on their disk.
    public static let crashes = Faults(rawValue: 1 << 3)
    /// Disks that fail for a while, or are full.
    public static let disks = Faults(rawValue: 1 << 4)
    /// Wall clocks that step or stand still.
    public static let clocks = Faults(rawValue: 1 << 5)
    /// Devices that are restored from an old backup.
    public static let backups = Faults(rawValue: 1 << 6)
    /// Peers that join later.
    public static let joins = Faults(rawValue: 1 << 7)
    /// Peers that leave for good.
    public static let retirements = Faults(rawValue: 1 << 8)
    /// Peers that stop reading for a while.
    public static let slowReaders = Faults(rawValue: 1 << 9)
    /// Peers that do not know some of the actions until they are upgraded.
    public static let versions = Faults(rawValue: 1 << 10)
    /// Second connections between the same peers, over which everything arrives twice.
    public static let duplicates = Faults(rawValue: 1 << 11)
    /// Peers that lie, forge, poison and send garbage.
    public static let hostility = Faults(rawValue: 1 << 12)

    /// All kinds.
    public static let all = Faults(rawValue: (1 << 13) - 1)
    /// No faults: only delay and jitter.
    public static let none: Faults = []

    /// Each kind with its name, in the order of the bits.
    public static let names: [(name: String, faults: Faults)] = [
        ("partitions", .partitions), ("cuts", .cuts), ("half-open", .halfOpen),
        ("crashes", .crashes), ("disks", .disks), ("clocks", .clocks), ("backups", .backups),
        ("joins", .joins), ("retirements", .retirements), ("slow-readers", .slowReaders),
        ("versions", .versions), ("duplicates", .duplicates), ("hostility", .hostility),
    ]

    /// Creates a set from `all`, `none`, or names separated by commas; returns `nil` for an unknown
    /// name.
    public init?(_ text: String) {
        if text == "all" {
            self = .all
            return
        }
        self = []
        if text == "none" { return }
        for name in text.split(separator: ",") {
            guard let entry = Faults.names.first(where: { $0.name == name }) else { return nil }
            formUnion(entry.faults)
        }
    }
}

extension Faults: CustomStringConvertible {
    /// `all`, `none`, or the names separated by commas.
    public var description: String {
        if self == .all { return "all" }
        if isEmpty { return "none" }
        return Faults.names.filter { contains($0.faults) }.map(\.name).joined(separator: ",")
    }
}
