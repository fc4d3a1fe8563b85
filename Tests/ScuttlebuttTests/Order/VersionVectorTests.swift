// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

@Suite(.timeLimit(.minutes(20))) struct VersionVectorTests {
    @Test func `a vector keeps the newest timestamp of each source and prints in order`() throws {
        var vector = try #require(VersionVector("B@3 A@1"))
        #expect(vector.description == "A@1 B@3")
        let three = try #require(Timestamp(3))
        let source = try #require(Source("A"))
        #expect(vector.advance(source, to: three) == true)
        #expect(vector.advance(source, to: three) == false)
        #expect(
            vector.merged(with: try #require(VersionVector("A@2 C@0.5"))).description
                == "A@3 B@3 C@0.5")
        #expect(vector.largest == three)
    }

    @Test func `text that is no vector is refused`() {
        for text in ["A", "A@", "A@0", "A@-1", "A@x", "__proto__@1", "A@1.", "A@1.2.3", "A@1e"] {
            #expect(VersionVector(text) == nil)
        }
    }

    @Test func `a timestamp that prints with an exponent reads back`() {
        #expect(VersionVector("A@1e-7")?.description == "A@1e-7")
        #expect(
            VersionVector("A@0.0000001 B@9007199254740991")?.description
                == "A@1e-7 B@9007199254740991")
    }

    @Test(arguments: UInt64(0)..<50)
    func `few sources and many are kept in two ways that nobody can tell apart`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var vector = VersionVector()
        var model: [String: Double] = [:]
        for _ in 0..<200 {
            let name = "s\(Int.random(in: 0..<14, using: &random))"
            let source = try #require(Source(name))
            if Int.random(in: 0..<3, using: &random) == 0 {
                vector.forget(source)
                model[name] = nil
            } else {
                let time = Double(Int.random(in: 1..<20, using: &random))
                let isNew = vector.advance(source, to: try #require(Timestamp(time)))
                #expect(isNew == (model[name, default: 0] < time))
                model[name] = max(model[name, default: 0], time)
            }
            #expect(vector.count == model.count)
            #expect(vector.isEmpty == model.isEmpty)
            #expect(vector[source]?.value == model[name])
            #expect(vector.largest?.value == model.values.max())
            // Built anew, in another order.
            let text = model.shuffled(using: &random).map { "\($0.key)@\(Int($0.value))" }
            let again = try #require(VersionVector(text.joined(separator: " ")))
            #expect(again == vector)
            #expect(again.hashValue == vector.hashValue)
            #expect(again.description == vector.description)
            #expect(vector.merged(with: again) == vector)
        }
    }
}
