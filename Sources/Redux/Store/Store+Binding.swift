// SPDX-License-Identifier: MIT

extension Store {
    /// Makes of a function that returns an action one that dispatches it.
    ///
    /// Arguments go in and the result of `dispatch` comes out unchanged. The function keeps the
    /// store alive.
    public func bind<each Argument>(
        _ creator: @escaping @Sendable (repeat each Argument) -> Action
    ) -> @Sendable (repeat each Argument) -> Action {
        { (argument: repeat each Argument) in self.dispatch(creator(repeat each argument)) }
    }

    /// Binds several functions of one argument by name.
    ///
    /// No functions at all is a fault: something that was to be bound is missing.
    public func bind<Argument>(
        _ creators: [String: @Sendable (Argument) -> Action]
    ) -> [String: @Sendable (Argument) -> Action] {
        if creators.isEmpty {
            StoreFault(.nothingToBind, "there are no action creators to bind").report(to: onFault)
        }
        return creators.mapValues { creator in { self.dispatch(creator($0)) } }
    }
}
