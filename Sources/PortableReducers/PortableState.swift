// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A state, and the reducer that folds actions into it, which compile for programs and for pages.
///
/// The same source is compiled into the server, an app, a terminal program, and with Embedded Swift
/// into a WebAssembly module for the page. `docs/swift-reducers.md` says which part of the language
/// it may use.
///
/// ```swift
/// struct Votes: PortableState {
///     enum Action: CaseIterable, PortableAction {
///         case yes, no
///         var type: StaticString { self == .yes ? "YES" : "NO" }
///     }
///     var balance: Int64 = 0
///     mutating func reduce(_ action: Action, at stamp: Stamp?) {
///         balance &+= action == .yes ? 1 : -1
///     }
///     func write(to json: inout JSONOutput) { json.object { $0.member("balance", balance) } }
/// }
/// ```
///
/// What a page shows of it is written by ``JSONWritable/write(to:)``, and of a large state in parts
/// by ``write(_:to:)``.
public protocol PortableState: JSONWritable, Sendable {
    /// What can happen to the state.
    associatedtype Action: PortableAction

    /// Creates the state before the first action, which is the same on every peer.
    init()

    /// Folds an action into the state.
    ///
    /// It must depend on its arguments only: it sees the same actions again whenever an earlier one
    /// arrives late. Anybody may send anything that ``Action`` decodes.
    ///
    /// - Parameters:
    ///   - action: What happened.
    ///   - stamp: When and by whom in the agreed order; `nil` for an action that stays on this
    ///     peer.
    mutating func reduce(_ action: Action, at stamp: Stamp?)

    /// Writes the part of the state that a page asks for, one JSON value.
    ///
    /// The default knows no views.
    ///
    /// - Returns: Whether there is a view with this name; if not, nothing may be written.
    func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool
}

extension PortableState {
    /// Knows no views.
    public func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool { false }
}
