// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

extension FuzzTarget {
    /// Two writers of an array see what they wrote, and end with the same.
    static let arrayWriting = FuzzTarget(
        "array-writing", maximumByteCount: 80, build: .machines
    ) { bytes in
        var program = FuzzProgram(bytes)
        var pair = WriterPair { ReplicatedArray<Int>(source: $0) }
        var isHonest = true
        var count = 0
        while !program.isOver, count < 20 {
            let choice = program.below(16)
            if choice == 15 {
                // Keys of another program, between which there may be no room.
                isHonest = false
                let (payload, isJSON) = ModelFuzz.payload(arrayTemplates, &program)
                pair.receive(payload, isJSON: isJSON)
                continue
            }
            let writer = choice & 1
            if choice >= 12 {
                pair.deliver(to: writer, count: program.below(4) + 1)
                continue
            }
            count += 1
            let array = pair.values[writer]
            var expected = array.map { $0 }
            let payload = try write(choice >> 1, count, array, &expected, &program)
            guard let payload else { continue }
            pair.write(payload, by: writer)
            let found = pair.values[writer].map { $0 }
            try expect(
                found == expected || !isHonest, "wrote \(text(payload)): \(found), not \(expected)")
        }
        try pair.finish()
    }

    static let arrayTemplates = [
        "{\"%k\":%v}", "{\"%k\":null}", "{\"%k\":%v,\"%k\":%v}", "{\"%k\":%v,\"%k\":null}",
    ]

    private static func write(
        _ choice: Int, _ number: Int, _ array: ReplicatedArray<Int>, _ expected: inout [Int?],
        _ program: inout FuzzProgram
    ) throws -> Payload? {
        let place = program.below(array.count + 1)
        switch choice {
        case 0, 1:
            expected.insert(number, at: place)
            return try array.makeInsert(number, at: place)
        case 2:
            expected.append(number)
            return try array.makePush(number)
        case 3:
            if place < array.count { expected.remove(at: place) }
            return array.makeRemove(at: place)
        case 4:
            if place < array.count { expected[place] = number }
            return try array.makeSet(number, at: place)
        default:
            let values = Array(repeating: number, count: program.below(4))
            let removals = program.below(4)
            expected.replaceSubrange(
                place..<min(place + removals, expected.count), with: values.map { $0 })
            return try array.makeSplice(at: place, removing: removals, inserting: values)
        }
    }

    /// Two writers of a text see what they wrote and can follow the changes, and end with the same.
    static let editWriting = FuzzTarget(
        "edit-writing", maximumByteCount: 128, build: .machines
    ) { bytes in
        var program = FuzzProgram(bytes)
        var pair = WriterPair { ReplicatedEdit(source: $0) }
        var shadows: [[UInt16]] = [[], []]
        var isHonest = true
        var count = 0
        let follow = { (writer: Int, changes: [EditChange]) throws in
            for change in changes {
                let end = change.offset + change.removed.utf16.count
                try expect(
                    change.offset >= 0 && end <= shadows[writer].count
                        && shadows[writer][change.offset..<end].elementsEqual(change.removed.utf16),
                    "removed is \(change.removed) at \(change.offset) of \(shadows[writer])")
                shadows[writer].replaceSubrange(
                    change.offset..<end, with: Array(change.inserted.utf16))
            }
        }
        while !program.isOver, count < 12 {
            count += 1
            let choice = program.below(16)
            let writer = choice & 1
            switch choice >> 1 {
            case 0...4:
                let wanted = editedText(pair.values[writer].text, &program)
                guard let payload = pair.values[writer].makeSet(text: wanted) else {
                    let isSame = wanted.utf8.elementsEqual(pair.values[writer].text.utf8)
                    try expect(isSame, "nothing to write for \(wanted)")
                    continue
                }
                try follow(writer, pair.write(payload, by: writer))
                let found = pair.values[writer].text
                try expect(
                    found.utf8.elementsEqual(wanted.utf8) || !isHonest, "\(found), not \(wanted)")
            case 5, 6:
                for changes in pair.deliver(to: writer, count: program.below(4) + 1) {
                    try follow(writer, changes)
                }
            default:
                // Before the key of no characters, for one, there is no place for a line.
                isHonest = false
                let (payload, isJSON) = ModelFuzz.payload(arrayTemplates, &program)
                for (writer, changes) in pair.receive(payload, isJSON: isJSON).enumerated() {
                    try follow(writer, changes)
                }
            }
        }
        for (value, shadow) in zip(pair.values, shadows) {
            try expect(shadow.elementsEqual(value.text.utf16), "\(value.text) is not \(shadow)")
        }
        try pair.finish()
    }

    private static let pieces = ["a", "b", "\n", "\u{e9}", "\u{1F600}", "\n\n", "c\n", "\u{301}"]

    /// The text with something put in the place of some scalars.
    private static func editedText(_ text: String, _ program: inout FuzzProgram) -> String {
        var scalars = Array(text.unicodeScalars)
        let start = program.below(scalars.count + 1)
        let end = min(start + program.below(4), scalars.count)
        let choice = program.below(64)
        scalars.replaceSubrange(
            start..<end, with: (pieces[choice & 7] + pieces[choice >> 3]).unicodeScalars)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

/// Two replicas of a value that write and hear of each other later.
struct WriterPair<Value: Replicated & Dumpable> {
    private(set) var values: [Value] = []
    /// Copies that took what is no JSON, and have heard of everything since.
    private var spoiled: [Value] = []
    private var sources: [Source] = []
    private var inboxes: [[Update]] = [[], []]
    private var time = 0.0

    init(_ make: (Source) -> Value) {
        sources = ["A", "B", "C"].map { source($0) }
        values = sources.prefix(2).map(make)
    }

    private mutating func update(_ payload: Payload, by source: Int) -> Update {
        time += 1
        return Update(
            payload: payload, timestamp: Timestamp(time) ?? .clockCeiling, source: sources[source])
    }

    private mutating func apply(_ update: Update, to writer: Int) -> [Value.Change] {
        var changes: [Value.Change]? = []
        if !spoiled.isEmpty { _ = spoiled[writer].apply(update, changes: &changes) }
        changes = []
        _ = values[writer].apply(update, changes: &changes)
        return changes ?? []
    }

    @discardableResult
    mutating func write(_ payload: Payload, by writer: Int) -> [Value.Change] {
        let update = update(payload, by: writer)
        inboxes[1 - writer].append(update)
        return apply(update, to: writer)
    }

    /// Both hear at once of what a third wrote.
    ///
    /// A line that is no JSON never reaches a type: its keys, for one, need not be UTF-8, and so
    /// have no order. Copies take it and all that follows, which must not trap; nothing more is
    /// asked of them.
    @discardableResult
    mutating func receive(_ payload: Payload, isJSON: Bool) -> [[Value.Change]] {
        let update = update(payload, by: 2)
        guard isJSON else {
            if spoiled.isEmpty { spoiled = values }
            var changes: [Value.Change]? = []
            for writer in 0..<2 { _ = spoiled[writer].apply(update, changes: &changes) }
            return []
        }
        return [0, 1].map { apply(update, to: $0) }
    }

    @discardableResult
    mutating func deliver(to writer: Int, count: Int) -> [[Value.Change]] {
        let updates = inboxes[writer].prefix(count)
        inboxes[writer].removeFirst(updates.count)
        return updates.map { apply($0, to: writer) }
    }

    /// Both hear of everything and compare.
    mutating func finish() throws {
        for writer in 0..<2 { deliver(to: writer, count: .max) }
        for value in spoiled { _ = value.dump }
        let dumps = values.map(\.dump)
        try expect(dumps[0] == dumps[1], "\(text(dumps[0])) here, \(text(dumps[1])) there")
        try expect(NaiveJSON(dumps[0]) != nil, "the dump is no JSON: \(text(dumps[0]))")
    }
}
