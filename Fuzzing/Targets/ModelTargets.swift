// SPDX-License-Identifier: MIT

import ScuttlebuttCoding
import ScuttlebuttModels

extension FuzzTarget {
    /// The data types that speak the wire of the originals, and the document.
    static let models: [FuzzTarget] = [
        model("value", templates: ["%v", "%o"]) { ReplicatedValue<JSONValue>() },
        model("value-history", templates: ["%v", "%o"]) {
            ReplicatedValue<JSONValue>(historyLength: 3)
        },
        model("model", templates: ["[\"%k\",%v]", "[\"%k\",null]", "[%t,%v]", "[\"%k\",%v,%v]"]) {
            ReplicatedModel<JSONValue>()
        },
        model("events", templates: ["[\"%k\"]", "[\"%k\",%v,%o]", "[%v]"]) {
            ReplicatedEvents<JSONValue>()
        },
        model(
            "append-only",
            templates: [
                "{\"push\":%o}", "{\"remove\":\"%i\"}", "{\"push\":%v}",
                "{\"remove\":\"%i\",\"a\":%v}",
                "{\"push\":%o,\"remove\":\"%i\"}",
            ]
        ) { ReplicatedAppendOnly<JSONValue>() },
        model(
            "doc",
            templates: [
                "[\"%k\",{\"%k\":%v}]", "[\"%k\",null]", "[\"%k\",%o]",
                "[\"%k\",{\"%k\":%v,\"%k\":%v}]", "[\"%k\",{}]", "[%v,%o]",
            ]
        ) { ReplicatedDoc<JSONValue>() },
        model(
            "bucket",
            templates: [
                "[\"a\",%v]", "[\"b\",[\"%k\",%v]]", "[\"1\",{\"push\":%o}]",
                "[\"1\",{\"remove\":\"%i\"}]", "[\"%k\",%v]", "[\"0\",[\"%k\",%v]]",
            ]
        ) {
            ReplicatedBucket([
                "a": ReplicatedValue<JSONValue>(), "b": ReplicatedModel<JSONValue>(),
                "1": ReplicatedAppendOnly<JSONValue>(),
            ])
        },
    ]
}
