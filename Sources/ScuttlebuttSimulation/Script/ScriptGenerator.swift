// SPDX-License-Identifier: MIT

/// Generates a script from a seed.
struct ScriptGenerator {
    private let configuration: Simulation.Configuration
    private var random: SplitMix64
    private var script: Script
    /// The kinds of fault drawn for this seed.
    private var kinds: [Faults] = []

    init(_ configuration: Simulation.Configuration, seed: UInt64) {
        self.configuration = configuration
        random = SplitMix64(seed: seed, lane: 6)
        let count = min(max(configuration.peers, 1), Script.maximumPeers)
        let drawn = Topology.allCases[random.below(Topology.allCases.count)]
        let topology = configuration.topology ?? drawn
        script = Script(seed: seed, peers: count, topology: topology)
        let hasAll = random.chance(30)
        for (_, kind) in Faults.names where configuration.faults.contains(kind) {
            if hasAll || random.chance(40) { kinds.append(kind) }
        }
    }

    mutating func generate() -> Script {
        drawSettings()
        drawPeers()
        drawTiers()
        var time = 0
        for _ in 0..<configuration.steps {
            time += random.below(2 * max(configuration.pace, 0) + 1)
            let isAction = random.chance(configuration.dispatchPercentage) || kinds.isEmpty
            if isAction {
                dispatch(time)
            } else if let kind = random.pick(kinds) {
                trouble(kind, time)
            }
            if script.topology == .changing, random.chance(5) { change(time) }
        }
        // The end of a fault is drawn together with its beginning, so the steps are not in order.
        script.sortSteps()
        return script
    }

    private mutating func drawSettings() {
        script.network.delay = random.below(30)
        script.network.jitter = random.chance(20) ? random.below(400) : random.below(30)
        if random.chance(25) { script.network.bandwidth = 2_000 + random.below(50_000) }
        if random.chance(40) { script.network.capacity = 200 + random.below(4_000) }
        script.network.pieces = 1 + random.below(4)
        if random.chance(60) { script.limits.pull = 1 + random.below(12) }
        if random.chance(40) { script.limits.held = 1 + random.below(30) }
        script.limits.spacing = 1 + random.below(16)
        script.limits.foldDelay = random.below(20)
        script.limits.saveDelay = random.chance(30) ? random.below(300) : random.below(20)
        script.verifies = random.chance(25)
        script.hasOddNames = random.chance(25)
    }

    private mutating func drawPeers() {
        for peer in 0..<script.peers {
            if random.chance(15) { script.forgetful.append(peer) }
            if kinds.contains(.versions), random.chance(30) { script.old.append(peer) }
            if kinds.contains(.joins), peer > 0, random.chance(15) {
                script.absent.append(peer)
                add(random.below(length), .join(peer))
            }
            if kinds.contains(.backups), random.chance(20) {
                let time = random.below(length)
                add(time, .backUp(peer))
                addRestore(time + random.below(length), peer)
            }
        }
    }

    /// Draws how much the peers keep in memory, from randomness of its own, so that the rest of a
    /// script does not depend on it.
    private mutating func drawTiers() {
        var random = SplitMix64(seed: script.seed, lane: 8)
        guard random.chance(25) else { return }
        for _ in 0..<script.peers {
            let kind = random.below(10)
            let size = kind < 4 ? 0 : kind < 8 ? 2 + random.below(8) : 10 + random.below(60)
            script.memory.append(size)
        }
        if random.chance(80) { script.checkpoints = 2 + random.below(12) }
        // So that what a peer needs is on the disk in part, and in memory in part.
        if random.chance(40) { script.limits.saveDelay = random.below(300) }
        if kinds.contains(.disks) { script.damage = 1 + random.below(20) }
    }

    private var length: Int { configuration.steps * max(configuration.pace, 1) }

    private mutating func add(_ time: Int, _ command: Step.Command) {
        script.steps.append(Step(time, command))
    }

    /// Restores a backup, sometimes under a new identity, which makes it harmless.
    private mutating func addRestore(_ time: Int, _ peer: Int) {
        add(time, time % 3 == 0 ? .restoreAnew(peer) : .restore(peer))
    }

    private mutating func peer() -> Int { random.below(script.peers) }

    /// Draws the duration of a fault, which is usually short and sometimes long.
    private mutating func span() -> Int {
        random.chance(80) ? random.below(1_500) : random.below(8_000)
    }

    private mutating func dispatch(_ time: Int) {
        let peer = peer()
        let burst = random.chance(8) ? 1 + random.below(12) : 1
        for _ in 0..<burst {
            let number = random.next() >> 16
            if kinds.contains(.versions), random.chance(15) {
                add(time, .dispatchNewer(peer, number))
            } else if random.chance(4) {
                add(time, .dispatchLocal(peer, number))
            } else {
                add(time, .dispatch(peer, number))
            }
        }
    }

    private mutating func trouble(_ kind: Faults, _ time: Int) {
        let (a, b) = (peer(), peer())
        switch kind {
        case .partitions:
            var groups = [[Int]](repeating: [], count: 2 + random.below(2))
            for peer in 0..<script.peers { groups[random.below(groups.count)].append(peer) }
            add(time, .partition(groups, isSilent: random.chance(50)))
            add(time + span(), .heal)
        case .cuts: add(time, .cut(a, b))
        case .halfOpen: add(time, .halfOpen(a, b))
        case .duplicates: add(time, .duplicate(a, b))
        case .crashes:
            add(time, .crash(a, kept: random.below(1_001)))
            add(time + span(), .restart(a))
        case .disks:
            if random.chance(50) {
                add(time, .failDisk(a, writes: 1 + random.below(3)))
            } else {
                add(time, .fillDisk(a))
                add(time + span(), .freeDisk(a))
            }
        case .clocks:
            if random.chance(50) {
                add(time, .stepClock(a, milliseconds: random.below(200_000) - 100_000))
            } else {
                add(time, .freezeClock(a, true))
                add(time + span(), .freezeClock(a, false))
            }
        case .backups:
            // Rarely, because each one makes the promises void for a source.
            if random.chance(10) {
                add(time, .backUp(a))
                addRestore(time + span(), a)
            }
        case .joins: break
        case .retirements: if random.chance(15), a > 0 { add(time, .retire(a)) }
        case .slowReaders:
            add(time, .slow(a, true))
            add(time + span(), .slow(a, false))
        case .versions: add(time, .upgrade(a))
        case .hostility:
            let attack = Attack.allCases[random.below(Attack.allCases.count)]
            add(time, .attack(a, attack, random.next() >> 16))
        default: break
        }
    }

    private mutating func change(_ time: Int) {
        let (a, b) = (peer(), peer())
        guard a != b else { return }
        add(time, random.chance(50) ? .link(a, b) : .unlink(a, b))
    }
}
