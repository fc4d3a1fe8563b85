// SPDX-License-Identifier: MIT

/// The kinds of trouble that a generated script may hold.
public struct Faults: OptionSet, Hashable, Sendable {
    /// One bit for each kind.
    public let rawValue: Int

    /// Makes a set of its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Groups of peers that cannot reach each other for a while, noticed at once or not.
    public static let partitions = Faults(rawValue: 1)
    /// Connections that break, with what is on the way.
    public static let cuts = Faults(rawValue: 1 << 1)
    /// Connections that one side takes for open and the other has forgotten.
    public static let halfOpen = Faults(rawValue: 1 << 2)
    /// Peers that lose power and come back with what is on their disk.
    public static let crashes = Faults(rawValue: 1 << 3)
    /// Disks that fail for a while, or are full.
    public static let disks = Faults(rawValue: 1 << 4)
    /// Wall clocks that step or stand still.
    public static let clocks = Faults(rawValue: 1 << 5)
    /// Devices that are set back to an old backup.
    public static let backups = Faults(rawValue: 1 << 6)
    /// Peers that come later.
    public static let joins = Faults(rawValue: 1 << 7)
    /// Peers that go and never come back.
    public static let retirements = Faults(rawValue: 1 << 8)
    /// Peers that stop reading for a while.
    public static let slowReaders = Faults(rawValue: 1 << 9)
    /// Peers that do not know some of the actions, until they are upgraded.
    public static let versions = Faults(rawValue: 1 << 10)
    /// Second connections between the same peers, over which everything comes twice.
    public static let duplicates = Faults(rawValue: 1 << 11)
    /// Peers that lie, forge, poison and send rubbish.
    public static let hostility = Faults(rawValue: 1 << 12)

    /// Everything.
    public static let all = Faults(rawValue: (1 << 13) - 1)
    /// Nothing: only delay and jitter.
    public static let none: Faults = []

    /// Each kind by its name, in the order of their bits.
    public static let names: [(name: String, faults: Faults)] = [
        ("partitions", .partitions), ("cuts", .cuts), ("half-open", .halfOpen),
        ("crashes", .crashes), ("disks", .disks), ("clocks", .clocks), ("backups", .backups),
        ("joins", .joins), ("retirements", .retirements), ("slow-readers", .slowReaders),
        ("versions", .versions), ("duplicates", .duplicates), ("hostility", .hostility),
    ]

    /// Reads `all`, `none`, or names with commas between them; `nil` for a name that is none.
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
    /// `all`, `none`, or the names with commas between them.
    public var description: String {
        if self == .all { return "all" }
        if isEmpty { return "none" }
        return Faults.names.filter { contains($0.faults) }.map(\.name).joined(separator: ",")
    }
}
