// SPDX-License-Identifier: MIT

extension Script: CustomStringConvertible {
    /// The script as text, with one setting or step per line; ``init(_:)`` parses it.
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
        if !memory.isEmpty { lines.append("memory" + list(memory)) }
        if checkpoints > 0 { lines.append("checkpoints \(checkpoints)") }
        if damage > 0 { lines.append("damage \(damage)") }
        lines += steps.map(\.description)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Creates a script from its text.
    ///
    /// Empty lines and everything after a `#` are ignored.
    ///
    /// - Throws: ``ScriptError`` with the number of the first line that cannot be parsed.
    public init(_ text: String) throws(ScriptError) {
        var script = Script(seed: 0, peers: 0, topology: .line)
        var hasHeader = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let content = line.split(separator: "#", omittingEmptySubsequences: false).first ?? ""
            let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { String($0) }
            guard let verb = words.first else { continue }
            guard hasHeader || words == ["scuttlebutt", "script", "1"] else {
                throw ScriptError(
                    line: index + 1, message: "a script begins with 'scuttlebutt script 1'")
            }
            if !hasHeader {
                hasHeader = true
            } else if verb == "at" {
                guard let step = Step(words) else {
                    throw ScriptError(line: index + 1, message: "'\(content)' is not a step")
                }
                script.steps.append(step)
            } else if !script.set(verb, Array(words.dropFirst())) {
                throw ScriptError(line: index + 1, message: "'\(content)' is not a setting")
            }
        }
        guard hasHeader, script.peers > 0, script.peers <= Script.maximumPeers else {
            throw ScriptError(
                line: lines.count, message: "a script has from 1 to \(Script.maximumPeers) peers")
        }
        script.sortSteps()
        self = script
    }

    /// The most peers in one world: 10,000.
    public static let maximumPeers = 10_000

    /// The largest number of updates in a setting.
    private static let countLimit = 1 << 30

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
        case ("memory", _) where isNumeric: memory = numbers.map { min($0, Script.countLimit) }
        case ("checkpoints", 1) where isNumeric:
            checkpoints = min(numbers[0], Script.countLimit)
        case ("damage", 1) where isNumeric: damage = numbers[0]
        default: return false
        }
        return true
    }
}
