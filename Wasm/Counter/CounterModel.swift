// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttPage

// A reducer in Swift that is compiled into the module: a shared counter that never falls below
// zero, so that the order of actions matters. The page sees the state only.

typealias Model = CounterModel

enum CounterModel: PageModel {
    enum Step: Sendable {
        case up, down
    }

    static var sharesActions: Bool { false }

    static func initial(at place: Int32) -> Int { 0 }

    static func action(_ payload: Payload, number: Int) -> Step? {
        payload.withUnsafeBufferPointer { bytes in
            var members = JSONMembers(bytes, at: 0)
            while let member = members?.next() {
                guard JSONMembers.key(member.key, in: bytes, is: "type") else { continue }
                if JSONMembers.key(member.value, in: bytes, is: "INCREMENT") { return .up }
                if JSONMembers.key(member.value, in: bytes, is: "DECREMENT") { return .down }
            }
            return nil
        }
    }

    static func reduce(_ state: inout Int, _ action: Step, _ stamp: Stamp?) -> Reduction {
        switch action {
        case .up: state = min(state, .max - 1) + 1
        case .down: state = max(0, state - 1)
        }
        return .applied
    }

    static func show(_ state: Int, in output: inout [UInt8]) -> Int32 {
        JSONNumber.append(Int64(state), to: &output)
        return Int32(output.count)
    }
}
