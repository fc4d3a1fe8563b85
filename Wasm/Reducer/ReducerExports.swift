// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttPage

// What the page calls of a module with reducers in Swift, beside the calls of every module.

/// The number of the reducer whose name is in the input, for `core_restart`; −1 if there is none.
@_expose(wasm, "core_model")
@_cdecl("core_model")
public func coreModel(_ count: Int32) -> Int32 {
    ModuleModel.number(of: pageMemory.received(Int(count))) ?? -1
}

/// Puts out the view that the input asks for as JSON; returns the number of bytes, or −1 if the
/// state has no such view.
@_expose(wasm, "core_view")
@_cdecl("core_view")
public func coreView(_ count: Int32) -> Int32 {
    let request = Array(pageMemory.received(Int(count)))
    guard let json = pageCore?.view(request) else { return -1 }
    return pageMemory.put(json)
}
