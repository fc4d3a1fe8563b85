// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite struct VersionVectorTests {
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
}
