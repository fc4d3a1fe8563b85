// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime

/// Who else is here, as a person is told about it.
struct Roster {
    /// The maximum number of names in a line.
    static let nameLimit = 20

    /// The names of those who are here, in the order of their sources.
    private(set) var people: [(source: Source, name: String)] = []

    /// Takes who is here now.
    ///
    /// - Returns: Lines about who came, who left and who has another name.
    /// - Complexity: O(n) for n people.
    mutating func update(_ others: [PresentPeer]) -> [String] {
        let old = Dictionary(people.map { ($0.source, $0.name) }) { first, _ in first }
        people = others.map { ($0.source, Roster.name(of: $0)) }
        let new = Set(people.map(\.source))
        let left = old.keys.filter { !new.contains($0) }.sorted().compactMap { old[$0] }
        let came = people.filter { old[$0.source] == nil }.map(\.name)
        let renamed = people.compactMap { source, name -> String? in
            guard let before = old[source], before != name else { return nil }
            return "\(before) is now \(name)"
        }
        var lines: [String] = []
        if !came.isEmpty {
            lines.append("\(Roster.list(came)) \(came.count == 1 ? "is" : "are") here")
        }
        if !left.isEmpty {
            lines.append("\(Roster.list(left)) \(left.count == 1 ? "has" : "have") left")
        }
        return lines + renamed.prefix(Roster.nameLimit)
    }

    /// The name that somebody is known by; `nil` for one who is not here.
    func name(of source: Source) -> String? { people.first { $0.source == source }?.name }

    /// All of them in one line.
    var line: String {
        people.isEmpty ? "nobody else is here" : "here: " + Roster.list(people.map(\.name))
    }

    private static func name(of peer: PresentPeer) -> String {
        if case .string(let name)? = peer["name"], !name.isEmpty { return ActionText.label(name) }
        return ActionText.label(peer.source.text)
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(nameLimit).joined(separator: ", ")
        return names.count > nameLimit ? shown + " and \(names.count - nameLimit) more" : shown
    }
}
