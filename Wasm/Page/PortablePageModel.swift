// SPDX-License-Identifier: MIT

package import PortableReducers
package import Rewind
package import Scuttlebutt

/// A reducer in Swift that is compiled into the module: the page sees views of the state only.
package protocol PortablePageModel: PageModel
where State: PortableState, Action == State.Action {}

extension PortablePageModel {
    package static var sharesActions: Bool { false }

    package static func action(_ payload: Payload, number: Int) -> Action? {
        ActionText(payload).flatMap { Action($0) }
    }

    package static func reduce(
        _ state: inout State, _ action: Action, _ stamp: Stamp?
    ) -> Reduction {
        state.reduce(action, at: stamp)
        return .applied
    }

    package static func show(_ state: State, in output: inout [UInt8]) -> Int32 {
        output = state.jsonBytes
        return Int32(truncatingIfNeeded: output.count)
    }
}

/// The only reducer of a module.
package enum OnlyModel<State: PortableState>: PortablePageModel {
    package static func initial(at place: Int32) -> State { State() }
}

/// One of the reducers of a module, which share its code; the page chooses it by name.
package protocol NamedStates: PortableState {
    /// Their names in ASCII; the first is the one of a page that chooses none.
    static var names: [StaticString] { get }

    /// Creates the state of the reducer with this number before the first action.
    init(number: Int)
}

/// A model of a module with several reducers.
package enum NamedModel<State: NamedStates>: PortablePageModel {
    package static func initial(at place: Int32) -> State {
        State(number: State.names.indices.contains(Int(place)) ? Int(place) : 0)
    }

    package static func number(of name: UnsafeBufferPointer<UInt8>) -> Int32? {
        State.names.firstIndex { $0.withUTF8Buffer { $0.elementsEqual(name) } }
            .map { Int32(truncatingIfNeeded: $0) }
    }
}

extension PageCore where Model: PortablePageModel {
    /// The part of the shown state that the page asks for; `nil` if there is none of that name.
    package func view(_ request: Payload) -> [UInt8]? {
        var json = JSONOutput()
        guard let request = ViewRequest(request), shown.write(request, to: &json) else {
            return nil
        }
        return json.bytes
    }
}
