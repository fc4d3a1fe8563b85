// SPDX-License-Identifier: MIT

import ScuttlebuttModels
import Testing

/// One replicated type with all its laws.
struct LawfulType: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let check: @Sendable (Law, UInt64) throws -> Void

    init<Subject: LawSubject & Mergeable>(_ type: Subject.Type) {
        testDescription = "\(type)"
        check = { law, seed in
            switch law {
            case .linearExtensions: try Laws<Subject>.linearExtensions(seed)
            case .permutations: try Laws<Subject>.permutations(seed)
            case .joins: Laws<Subject>.joins(seed)
            case .coding: try Laws<Subject>.coding(seed)
            case .compaction: try Laws<Subject>.compaction(seed)
            case .damage: try Laws<Subject>.damage(seed)
            }
        }
    }

    enum Law { case linearExtensions, permutations, joins, coding, compaction, damage }

    static let all = [
        LawfulType(GCounter.self), LawfulType(PNCounter.self), LawfulType(EnableWinsFlag.self),
        LawfulType(DisableWinsFlag.self), LawfulType(LWWRegister<Int?>.self),
        LawfulType(MVRegister<Int?>.self), LawfulType(GSet<PropertyKey>.self),
        LawfulType(TwoPhaseSet<PropertyKey>.self), LawfulType(ORSet<PropertyKey>.self),
        LawfulType(RemoveWinsSet<PropertyKey>.self), LawfulType(LWWMap<PropertyKey, Int?>.self),
        LawfulType(ORMap<PropertyKey, PNCounter>.self),
        LawfulType(ORMap<PropertyKey, ORSet<PropertyKey>>.self),
        LawfulType(MovableList<Int>.self), LawfulType(MovableTree<PropertyKey, Int?>.self),
    ]
}

@Suite("Replicated values in a reducer", .timeLimit(.minutes(20)))
struct LawTests {
    @Test(
        "Any order that keeps cause before effect gives the state of the agreed order",
        arguments: LawfulType.all, UInt64(0)..<200)
    func linearExtensions(type: LawfulType, seed: UInt64) throws {
        try type.check(.linearExtensions, seed)
    }

    @Test(
        "Any order at all, with repetitions and lies, gives one state and one encoding",
        arguments: LawfulType.all, UInt64(0)..<200)
    func permutations(type: LawfulType, seed: UInt64) throws {
        try type.check(.permutations, seed)
    }

    @Test(
        "Joining is commutative, associative and idempotent, and is applying both sets",
        arguments: LawfulType.all, UInt64(0)..<200)
    func joins(type: LawfulType, seed: UInt64) throws { try type.check(.joins, seed) }

    @Test(
        "A state and operations that were written down and read go on as before",
        arguments: LawfulType.all, UInt64(0)..<200)
    func coding(type: LawfulType, seed: UInt64) throws { try type.check(.coding, seed) }

    @Test(
        "A compaction of what everybody has seen changes nothing, and what is too late is reported",
        arguments: LawfulType.all, UInt64(0)..<200)
    func compaction(type: LawfulType, seed: UInt64) throws { try type.check(.compaction, seed) }

    @Test(
        "Damaged bytes of a state throw, or give a state that goes on without a trap",
        arguments: LawfulType.all, UInt64(0)..<50)
    func damage(type: LawfulType, seed: UInt64) throws { try type.check(.damage, seed) }
}
