// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// Writers and readers whose wall clocks are wrong.
@Suite("ReplicatedExpiryModel: clocks", .timeLimit(.minutes(20)))
struct ExpiryClockTests {
    private typealias Model = ReplicatedExpiryModel<JSONValue>
    private static let minute = 60_000.0
    private static let decade = 10 * 365.25 * 86_400_000
    private static let today = 1_795_000_000_000.0

    private static func model(_ now: Double = today, count: Int? = nil) -> Model {
        var model = Model(ExpiryLimits(maximumCount: count, maximumAge: minute))
        var changes: [ExpiryChange<JSONValue>]?
        model.advance(wallClock: now, changes: &changes)
        return model
    }

    /// Lets time pass, and tells which keys expired.
    private static func wait(_ model: inout Model, until time: Double) -> [String] {
        var changes: [ExpiryChange<JSONValue>]? = []
        model.advance(wallClock: time, changes: &changes)
        #expect(changes?.allSatisfy { $0.cause == .expired } == true)
        return (changes ?? []).map(\.key.text)
    }

    @Test("What a writer writes whose clock is ten years ahead expires a minute after it arrived")
    func ahead() {
        var model = Self.model()
        model.apply(update("eve", Self.today + Self.decade, #"["k",1]"#))
        #expect(model["k"] == 1)
        #expect(Self.wait(&model, until: Self.today + Self.minute).isEmpty)
        #expect(Self.wait(&model, until: Self.today + Self.minute + 1) == ["k"])
        #expect(model.count == 0 && model.retainedByteCount == 0)
    }

    @Test("So does what others write whose timestamps follow his")
    func lifted() throws {
        var clock = TimestampGenerator.wallClock
        clock.observe(try #require(Timestamp(Self.today + Self.decade)))
        var model = Self.model()
        for second in 0..<200 {
            let now = Self.today + Double(second) * 1_000
            _ = Self.wait(&model, until: now)
            let next = clock.next(wallClock: now)
            let timestamp = try #require(next)
            #expect(timestamp.value > now + Self.decade / 2)
            model.apply(update("ann", timestamp.value, "[\"\(second)\",1]"))
            #expect(model.count == min(second + 1, 61))
        }
        _ = Self.wait(&model, until: Self.today + 400_000)
        #expect(model.count == 0)
        #expect(model.history(since: VersionVector()).isEmpty)
    }

    @Test("When that has expired, those whose clocks are right are heard as before")
    func notShutOut() {
        var model = Self.model()
        model.apply(update("eve", Self.today + Self.decade, #"["k",null]"#))
        model.apply(update("bob", Self.today - 1, #"["k",1]"#))
        #expect(model["k"] == nil, "the deletion is newer")
        _ = Self.wait(&model, until: Self.today + 2 * Self.minute)
        model.apply(update("ann", Self.today + 2 * Self.minute, #"["k",2]"#))
        #expect(model["k"] == 2)
        // What the deletion hid is too old by now, and what else is ahead stays hidden.
        model.apply(update("bob", Self.today, #"["k",3]"#))
        model.apply(update("zoe", Self.today + Self.decade - 1, #"["k",4]"#))
        #expect(model["k"] == 2)
    }

    @Test("Keys of the future that are evicted do not shut out those of the present")
    func eviction() {
        var model = Self.model(count: 2)
        for number in 1...4 {
            let time = Self.today + Self.decade + Double(number)
            model.apply(update("eve", time, "[\"e\(number)\",1]"))
        }
        #expect(model.keys.map(\.text) == ["e3", "e4"])
        let later = Self.today + 2 * Self.minute
        #expect(Self.wait(&model, until: later).count == 2)
        model.apply(update("ann", later, #"["k",1]"#))
        #expect(model["k"] == 1)
    }

    @Test("What was loaded before the time was known is judged when it is")
    func loaded() {
        var model = Model(ExpiryLimits(maximumAge: Self.minute))
        model.apply(update("ann", Self.today - 10, #"["a",1]"#))
        model.apply(update("old", Self.today - 2 * Self.minute, #"["o",1]"#))
        model.apply(update("eve", Self.today + Self.decade, #"["e",1]"#))
        #expect(Self.wait(&model, until: Self.today) == ["o"])
        #expect(Self.wait(&model, until: Self.today + Self.minute - 1) == ["a"])
        #expect(Self.wait(&model, until: Self.today + Self.minute + 1) == ["e"])
    }

    @Test("A clock of our own that was ten years ahead and is set right does no lasting harm")
    func ownClock() {
        var model = Self.model(Self.today + Self.decade)
        model.apply(update("ann", Self.today + Self.decade, #"["k",1]"#))
        model.apply(update("bob", Self.today, #"["b",1]"#))
        #expect(model.keys.map(\.text) == ["k"], "it seemed ten years old")
        #expect(Self.wait(&model, until: Self.today + Self.decade + 2 * Self.minute) == ["k"])
        model.apply(update("ann", Self.today + Self.decade + 2 * Self.minute, #"["k",2]"#))

        #expect(Self.wait(&model, until: Self.today + 1).isEmpty)
        model.apply(update("cid", Self.today, #"["c",1]"#))
        #expect(model.keys.map(\.text) == ["c", "k"])
        #expect(Self.wait(&model, until: Self.today + 2 * Self.minute).sorted() == ["c", "k"])
        model.apply(update("cid", Self.today + 2 * Self.minute, #"["c",2]"#))
        #expect(model["c"] == 2)
    }

    @Test("What is written over and over in the future takes no room")
    func bounded() {
        var model = Self.model()
        for number in 0..<10_000 {
            let time = Self.today + Self.decade + Double(number)
            model.apply(update("eve", time, "[\"k\",\(number)]"))
        }
        #expect(model.history(since: VersionVector()).count == 1)
        #expect(Self.wait(&model, until: Self.today + 2 * Self.minute) == ["k"])
    }
}
