// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A coding key for an object's member or an array's index in a coding path.
struct JSONKey: CodingKey, Hashable {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "Index \(intValue)"
        self.intValue = intValue
    }

    static let `super` = JSONKey(stringValue: "super")
}

/// Finds the coding path of an offset in a JSON text by scanning up to it.
///
/// Paths are only needed for errors, so they are not tracked while decoding.
enum JSONPath {
    private struct Container {
        var isObject: Bool
        var index = 0
        var key = ""
    }

    /// Returns the keys that lead to `offset`, where `bytes` may end.
    static func path(to offset: Int, in bytes: [UInt8]) -> [any CodingKey] {
        let end = min(max(offset, 0), bytes.count)
        var open: [Container] = []
        var index = 0
        while index < end {
            switch bytes[index] {
            case 0x7B: open.append(Container(isObject: true))
            case 0x5B: open.append(Container(isObject: false))
            case 0x7D, 0x5D: _ = open.popLast()
            case 0x2C:
                if !open.isEmpty {
                    open[open.count - 1].index += 1
                    open[open.count - 1].key = ""
                }
            case 0x22:
                let start = index
                index += 1
                while index < end, bytes[index] != 0x22 { index += bytes[index] == 0x5C ? 2 : 1 }
                if open.last?.isObject == true, index < end, open[open.count - 1].key.isEmpty {
                    let key = bytes.withUnsafeBufferPointer {
                        try? JSONString.decoded($0, at: start)
                    }
                    open[open.count - 1].key = String(decoding: key ?? [], as: UTF8.self)
                }
            default: break
            }
            index += 1
        }
        return open.compactMap { container -> (any CodingKey)? in
            if !container.isObject { return JSONKey(intValue: container.index) }
            return container.key.isEmpty ? nil : JSONKey(stringValue: container.key)
        }
    }
}
