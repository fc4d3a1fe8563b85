// SPDX-License-Identifier: MIT

extension Step: CustomStringConvertible {
    /// The step as a line of a script.
    public var description: String {
        let (verb, peers, rest) = command.parts
        let words = peers.map { "\($0)" } + rest
        return (["at \(time) \(verb)"] + words).joined(separator: " ")
    }

    /// Creates a step from the words of a line such as `at 12 dispatch 3 99`.
    init?(_ words: [String]) {
        guard words.count >= 3, words[0] == "at", let time = Int(words[1]), time >= 0,
            let command = Command(words[2], Array(words[3...]))
        else { return nil }
        self.init(time, command)
    }
}

extension Step.Command {
    /// The peers that the command identifies.
    var peers: [Int] {
        if case .partition(let groups, _) = self { return groups.flatMap { $0 } }
        return parts.peers
    }

    /// The verb of the command, the peers behind it, and what else is behind them.
    fileprivate var parts: (verb: String, peers: [Int], rest: [String]) {
        func onOff(_ isOn: Bool) -> [String] { [isOn ? "on" : "off"] }
        return switch self {
        case .dispatch(let peer, let number): ("dispatch", [peer], ["\(number)"])
        case .dispatchNewer(let peer, let number): ("dispatch-newer", [peer], ["\(number)"])
        case .dispatchLocal(let peer, let number): ("dispatch-local", [peer], ["\(number)"])
        case .cut(let a, let b): ("cut", [a, b], [])
        case .halfOpen(let a, let b): ("half-open", [a, b], [])
        case .duplicate(let a, let b): ("duplicate", [a, b], [])
        case .link(let a, let b): ("link", [a, b], [])
        case .unlink(let a, let b): ("unlink", [a, b], [])
        case .partition(let groups, let isSilent):
            (
                "partition", [],
                [groups.map { $0.map { "\($0)" }.joined(separator: " ") }.joined(separator: " | ")]
                    + (isSilent ? ["silently"] : [])
            )
        case .heal: ("heal", [], [])
        case .crash(let peer, let kept): ("crash", [peer], ["\(kept)"])
        case .restart(let peer): ("restart", [peer], [])
        case .failDisk(let peer, let writes): ("fail-disk", [peer], ["\(writes)"])
        case .fillDisk(let peer): ("fill-disk", [peer], [])
        case .freeDisk(let peer): ("free-disk", [peer], [])
        case .backUp(let peer): ("back-up", [peer], [])
        case .restore(let peer): ("restore", [peer], [])
        case .restoreAnew(let peer): ("restore-anew", [peer], [])
        case .stepClock(let peer, let milliseconds): ("step-clock", [peer], ["\(milliseconds)"])
        case .freezeClock(let peer, let isOn): ("freeze-clock", [peer], onOff(isOn))
        case .join(let peer): ("join", [peer], [])
        case .retire(let peer): ("retire", [peer], [])
        case .slow(let peer, let isOn): ("slow", [peer], onOff(isOn))
        case .upgrade(let peer): ("upgrade", [peer], [])
        case .attack(let peer, let attack, let seed):
            ("attack", [peer], [attack.rawValue, "\(seed)"])
        }
    }

    init?(_ verb: String, _ words: [String]) {
        func peer(_ index: Int) -> Int? {
            index < words.count ? Int(words[index]).flatMap { $0 >= 0 ? $0 : nil } : nil
        }
        func number(_ index: Int) -> Int? { index < words.count ? Int(words[index]) : nil }
        let isOn = words.count == 2 ? ["on": true, "off": false][words[1]] : nil
        let seed = words.last.flatMap { UInt64($0) }
        switch (verb, words.count, peer(0)) {
        case ("heal", 0, _): self = .heal
        case ("partition", _, _):
            let isSilent = words.last == "silently"
            let groups = (isSilent ? words.dropLast() : words[...]).split(
                separator: "|", omittingEmptySubsequences: false)
            let peers = groups.map { $0.compactMap { Int($0) } }
            guard zip(groups, peers).allSatisfy({ $0.count == $1.count }) else { return nil }
            self = .partition(peers, isSilent: isSilent)
        case ("restart", 1, let peer?): self = .restart(peer)
        case ("fill-disk", 1, let peer?): self = .fillDisk(peer)
        case ("free-disk", 1, let peer?): self = .freeDisk(peer)
        case ("back-up", 1, let peer?): self = .backUp(peer)
        case ("restore", 1, let peer?): self = .restore(peer)
        case ("restore-anew", 1, let peer?): self = .restoreAnew(peer)
        case ("join", 1, let peer?): self = .join(peer)
        case ("retire", 1, let peer?): self = .retire(peer)
        case ("upgrade", 1, let peer?): self = .upgrade(peer)
        case ("attack", 3, let peer?):
            guard let attack = Attack(rawValue: words[1]), let seed else { return nil }
            self = .attack(peer, attack, seed)
        case (_, 2, let peer?):
            self.init(verb, of: peer, seed: seed, number: number(1), isOn: isOn)
        default: return nil
        }
    }

    private init?(_ verb: String, of peer: Int, seed: UInt64?, number: Int?, isOn: Bool?) {
        switch (verb, seed, number, isOn) {
        case ("dispatch", let seed?, _, _): self = .dispatch(peer, seed)
        case ("dispatch-newer", let seed?, _, _): self = .dispatchNewer(peer, seed)
        case ("dispatch-local", let seed?, _, _): self = .dispatchLocal(peer, seed)
        case ("step-clock", _, let number?, _): self = .stepClock(peer, milliseconds: number)
        case ("freeze-clock", _, _, let isOn?): self = .freezeClock(peer, isOn)
        case ("slow", _, _, let isOn?): self = .slow(peer, isOn)
        case ("cut", _, let other?, _): self = .cut(peer, other)
        case ("half-open", _, let other?, _): self = .halfOpen(peer, other)
        case ("duplicate", _, let other?, _): self = .duplicate(peer, other)
        case ("link", _, let other?, _): self = .link(peer, other)
        case ("unlink", _, let other?, _): self = .unlink(peer, other)
        case ("crash", _, let kept?, _) where (0...1_000).contains(kept):
            self = .crash(peer, kept: kept)
        case ("fail-disk", _, let writes?, _): self = .failDisk(peer, writes: writes)
        default: return nil
        }
    }
}
