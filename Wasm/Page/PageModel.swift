// SPDX-License-Identifier: MIT

package import Rewind
package import Scuttlebutt

/// What a module for the page folds: a reducer in JavaScript, or one in Swift that is compiled in.
package protocol PageModel: SendableMetatype {
    /// What the actions fold to.
    associatedtype State: Sendable
    /// An action as the reducer takes it.
    associatedtype Action: Sendable

    /// Whether the page is handed the text of every action that is accepted, because its own
    /// reducer needs it.
    static var sharesActions: Bool { get }

    /// The state before the first action.
    ///
    /// - Parameter place: Where the page keeps it, for a reducer in JavaScript.
    static func initial(at place: Int32) -> State

    /// Returns the number of one of several reducers in the module, with which its history begins;
    /// `nil` if there is none of that name.
    static func number(of name: UnsafeBufferPointer<UInt8>) -> Int32?

    /// Returns the action of a payload, or `nil` if the reducer does not know it.
    ///
    /// - Parameter number: Which it is of all that the core has accepted, counted from 0.
    static func action(_ payload: Payload, number: Int) -> Action?

    /// Folds an action into the state; a local-only one has no stamp.
    static func reduce(_ state: inout State, _ action: Action, _ stamp: Stamp?) -> Reduction

    /// Shows the state to the page: as JSON in `output`, or by its place, which is returned.
    static func show(_ state: State, in output: inout [UInt8]) -> Int32
}

extension PageModel {
    package static func number(of name: UnsafeBufferPointer<UInt8>) -> Int32? { nil }
}
