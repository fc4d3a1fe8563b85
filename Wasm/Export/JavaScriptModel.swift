// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttPage

// A reducer in JavaScript: the page keeps states and actions, and the module only their numbers.

typealias ModuleModel = JavaScriptModel

/// Folds the action with this number into the state at this place; returns 1, 0 if the reducer
/// failed and the state is as before, or 2 if it may have changed it.
@_extern(wasm, module: "page", name: "reduce")
@_extern(c)
private func pageReduce(_ place: Int32, _ number: Int32) -> Int32

/// Makes a copy of the state at this place; returns the place of the copy.
@_extern(wasm, module: "page", name: "copy")
@_extern(c)
private func pageCopy(_ place: Int32) -> Int32

/// The state at this place is needed no more.
@_extern(wasm, module: "page", name: "release")
@_extern(c)
private func pageRelease(_ place: Int32)

enum JavaScriptModel: PageModel {
    /// A state that the page keeps for as long as this object lives.
    final class Kept: Sendable {
        let place: Int32

        init(_ place: Int32) { self.place = place }

        deinit { pageRelease(place) }
    }

    static var sharesActions: Bool { true }

    static func initial(at place: Int32) -> Kept { Kept(place) }

    static func action(_ payload: Payload, number: Int) -> Int32? {
        Int32(truncatingIfNeeded: number)
    }

    static func reduce(_ state: inout Kept, _ action: Int32, _ stamp: Stamp?) -> Reduction {
        // A snapshot of it stays as it is.
        if !isKnownUniquelyReferenced(&state) { state = Kept(pageCopy(state.place)) }
        switch pageReduce(state.place, action) {
        case 1: return .applied
        case 0: return .refused
        default: return .failed
        }
    }

    static func show(_ state: Kept, in output: inout [UInt8]) -> Int32 { state.place }
}
