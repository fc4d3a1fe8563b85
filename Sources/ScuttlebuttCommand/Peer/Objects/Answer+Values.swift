// SPDX-License-Identifier: MIT

import ScuttlebuttModels

extension Answer {
    /// `{"<name>":…}` for JSON, or `null` if there is none.
    static func value(_ name: String, _ json: [UInt8]?) -> [UInt8] {
        value(name, json ?? Array("null".utf8))
    }

    /// `{"<name>":["…",…]}`.
    static func value(_ name: String, _ keys: [PropertyKey]) -> [UInt8] {
        var json: [UInt8] = [0x5B]
        for (index, key) in keys.enumerated() {
            if index > 0 { json.append(0x2C) }
            key.append(to: &json)
        }
        json.append(0x5D)
        return value(name, json)
    }
}
