// SPDX-License-Identifier: MIT

extension Script: CustomStringConvertible {
    /// The script as text, one setting or step in each line; ``init(_:)`` reads it.
    public var description: String {
        func list(_ peers: [Int]) -> String { peers.map { " \($0)" }.joined() }
        var lines = [
            "scuttlebutt script 1", "seed \(seed)", "peers \(peers)",
            "topology \(topology.rawValue)",
            "network \(network.delay) \(network.jitter) \(network.bandwidth) "
                + "\(network.capacity) \(network.pieces)",
            "limits \(limits.pull) \(limits.held) \(limits.spacing) \(limits.foldDelay) "
                + "\(limits.saveDelay)",
        ]
        if verifies { lines.append("verifies") }
        if hasOddNames { lines.append("odd-names") }
        if !forgetful.isEmpty { lines.append("forgetful" + list(forgetful)) }
        if !old.isEmpty { lines.append("old" + list(old)) }
        if !absent.isEmpty { lines.append("absent" + list(absent)) }
        lines += steps.map(\.description)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a script from its text.
    ///
    /// Empty lines and what follows a `#` are left out.
    ///
    /// - Throws: ``ScriptError`` with the number of the first line that cannot be read.
    public init(_ text: String) throws(ScriptError) {
        var script = Script(seed: 0, peers: 0, topology: .line)
        var hasHeader = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let content = line.split(separator: "#", omittingEmptySubsequences: false).first ?? ""
            let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { String($0) }
            guard let verb = words.first else { continue }
            guard hasHeader || words == ["scuttlebutt", "script", "1"] else {
                throw ScriptError(line: index + 1, "a script begins with 'scuttlebutt script 1'")
            }
            if !hasHeader {
                hasHeader = true
            } else if verb == "at" {
                guard let step = Step(words) else {
                    throw ScriptError(line: index + 1, "'\(content)' is not a step")
                }
                script.steps.append(step)
            } else if !script.set(verb, Array(words.dropFirst())) {
                throw ScriptError(line: index + 1, "'\(content)' is not a setting")
            }
        }
        guard hasHeader, script.peers > 0, script.peers <= Script.maximumPeers else {
            throw ScriptError(
                line: lines.count, "a script has from 1 to \(Script.maximumPeers) peers")
        }
        // Steps are done in the order of their times; equal ones in that of the text.
        let order = script.steps.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        script.steps = order.map(\.element)
        self = script
    }

    /// The most peers of one world: 10,000.
    public static let maximumPeers = 10_000

    private mutating func set(_ verb: String, _ words: [String]) -> Bool {
        let numbers = words.compactMap { Int($0) }
        let isNumeric = numbers.count == words.count && numbers.allSatisfy { $0 >= 0 }
        switch (verb, words.count) {
        case ("seed", 1):
            guard let number = UInt64(words[0]) else { return false }
            seed = number
            return true
        case ("topology", 1):
            guard let value = Topology(rawValue: words[0]) else { return false }
            topology = value
            return true
        case ("verifies", 0): verifies = true
        case ("odd-names", 0): hasOddNames = true
        case ("peers", 1) where isNumeric: peers = numbers[0]
        case ("network", 5) where isNumeric && numbers[3] > 0 && numbers[4] > 0:
            network.delay = numbers[0]
            network.jitter = numbers[1]
            network.bandwidth = numbers[2]
            network.capacity = numbers[3]
            network.pieces = numbers[4]
        case ("limits", 5) where isNumeric && numbers[0] > 0 && numbers[1] > 0 && numbers[2] > 0:
            limits.pull = numbers[0]
            limits.held = numbers[1]
            limits.spacing = numbers[2]
            limits.foldDelay = numbers[3]
            limits.saveDelay = numbers[4]
        case ("forgetful", _) where isNumeric: forgetful = numbers
        case ("old", _) where isNumeric: old = numbers
        case ("absent", _) where isNumeric: absent = numbers
        default: return false
        }
        return true
    }
}

/// Why a text is not a script.
public struct ScriptError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of the line, from 1.
    public let line: Int
    /// One sentence for people.
    public let message: String

    init(line: Int, _ message: String) {
        self.line = line
        self.message = message
    }

    /// The line and the message.
    public var description: String { "line \(line): \(message)" }
}

extension Step: CustomStringConvertible {
    /// The step as a line of a script.
    public var description: String {
        func onOff(_ isOn: Bool) -> String { isOn ? "on" : "off" }
        let text =
            switch deed {
            case .dispatch(let peer, let number): "dispatch \(peer) \(number)"
            case .dispatchNewer(let peer, let number): "dispatch-newer \(peer) \(number)"
            case .dispatchLocal(let peer, let number): "dispatch-local \(peer) \(number)"
            case .cut(let a, let b): "cut \(a) \(b)"
            case .halfOpen(let a, let b): "half-open \(a) \(b)"
            case .duplicate(let a, let b): "duplicate \(a) \(b)"
            case .link(let a, let b): "link \(a) \(b)"
            case .unlink(let a, let b): "unlink \(a) \(b)"
            case .partition(let groups, let isSilent):
                "partition "
                    + groups.map { $0.map { "\($0)" }.joined(separator: " ") }
                    .joined(separator: " | ") + (isSilent ? " silently" : "")
            case .heal: "heal"
            case .crash(let peer, let kept): "crash \(peer) \(kept)"
            case .restart(let peer): "restart \(peer)"
            case .failDisk(let peer, let writes): "fail-disk \(peer) \(writes)"
            case .fillDisk(let peer): "fill-disk \(peer)"
            case .freeDisk(let peer): "free-disk \(peer)"
            case .backUp(let peer): "back-up \(peer)"
            case .restore(let peer): "restore \(peer)"
            case .restoreAnew(let peer): "restore-anew \(peer)"
            case .stepClock(let peer, let milliseconds): "step-clock \(peer) \(milliseconds)"
            case .freezeClock(let peer, let isOn): "freeze-clock \(peer) \(onOff(isOn))"
            case .join(let peer): "join \(peer)"
            case .retire(let peer): "retire \(peer)"
            case .slow(let peer, let isOn): "slow \(peer) \(onOff(isOn))"
            case .upgrade(let peer): "upgrade \(peer)"
            case .attack(let peer, let attack, let number):
                "attack \(peer) \(attack.rawValue) \(number)"
            }
        return "at \(time) \(text)"
    }

    /// Reads the words of a line such as `at 12 dispatch 3 99`.
    init?(_ words: [String]) {
        guard words.count >= 3, words[0] == "at", let time = Int(words[1]), time >= 0,
            let deed = Deed(words[2], Array(words[3...]))
        else { return nil }
        self.init(time, deed)
    }
}

extension Step.Deed {
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
