// SPDX-License-Identifier: MIT

extension Store {
    /// Returns a function that dispatches the action returned by `creator`.
    ///
    /// It takes the arguments of `creator` and returns the result of `dispatch`. It retains the
    /// store.
    public func bind<each Argument>(
        _ creator: @escaping @Sendable (repeat each Argument) -> Action
    ) -> @Sendable (repeat each Argument) -> Action {
        { (argument: repeat each Argument) in self.dispatch(creator(repeat each argument)) }
    }

    /// Binds several functions of one argument by name.
    ///
    /// An empty dictionary is reported as an error.
    public func bind<Argument>(
        _ creators: [String: @Sendable (Argument) -> Action]
    ) -> [String: @Sendable (Argument) -> Action] {
        if creators.isEmpty {
            StoreError(.nothingToBind, "no action creators to bind").report(to: onFault)
        }
        return creators.mapValues { creator in { self.dispatch(creator($0)) } }
    }
}
