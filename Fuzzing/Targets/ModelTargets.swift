// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

extension FuzzTarget {
    private static let writer = source("W")

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
        model("array", templates: arrayTemplates) {
            ReplicatedArray<JSONValue>(source: writer)
        },
        model("edit", templates: arrayTemplates) { ReplicatedEdit(source: writer) },
        model(
            "text",
            templates: [
                "{\"insert\":[%t,\"x\"]}", "{\"insert\":[%t,%v,\"R\",%t,\"%s\"]}",
                "{\"insert\":[%t,\"\\u00e9y\",\"L\",%t,\"%s\"]}", "{\"delete\":[[%t,%t,\"%s\"]]}",
                "[{\"insert\":[%t,\"x\"]},{\"delete\":[[%t,%t]]}]",
                "{\"insert\":[%t,\"z\"],\"delete\":[[%t,1,\"%s\"],[%t,2,\"%s\"]]}",
            ]
        ) { ReplicatedText(source: writer) },
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
