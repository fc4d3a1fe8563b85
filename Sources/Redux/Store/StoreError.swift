// SPDX-License-Identifier: MIT

/// An incorrect use of a store, which does not affect the store's consistency.
///
/// `dispatch` does not throw, so errors go to the handler given to the store. Without a handler, an
/// error traps with its message in debug builds and is ignored in release builds.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    ///
    /// More kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the kind.
        public let description: String

        /// Creates a kind of error.
        ///
        /// Enhancers can define their own.
        public init(_ description: String) { self.description = description }

        /// A reducer dispatched.
        public static let dispatchInReducer = Code("dispatchInReducer")
        /// A reducer read the state of its store.
        public static let readInReducer = Code("readInReducer")
        /// A reducer subscribed.
        public static let subscribeInReducer = Code("subscribeInReducer")
        /// A reducer cancelled a subscription.
        public static let cancelInReducer = Code("cancelInReducer")
        /// A reducer replaced the reducer.
        public static let replaceInReducer = Code("replaceInReducer")
        /// The body of a `withState` changed the store that it was reading.
        public static let changeWhileReading = Code("changeWhileReading")
        /// A reducer threw.
        public static let reducerFailed = Code("reducerFailed")
        /// A middleware dispatched while the middleware chain was being assembled.
        public static let dispatchWhileBuilding = Code("dispatchWhileBuilding")
        /// No initial state was given and the reducer provides none.
        public static let noInitialState = Code("noInitialState")
        /// `combine` was given no reducers.
        public static let emptyCombine = Code("emptyCombine")
        /// `combine` was given two slices for one part.
        public static let duplicateSlice = Code("duplicateSlice")
        /// The initial state has parts without a reducer.
        public static let unknownSlice = Code("unknownSlice")
        /// An enhancer that can be applied only once was applied twice.
        public static let duplicateEnhancer = Code("duplicateEnhancer")
        /// There were no action creators to bind.
        public static let nothingToBind = Code("nothingToBind")
        /// More errors occurred in one action than are recorded.
        public static let tooManyFaults = Code("tooManyFaults")
    }

    /// The kind of error.
    public let code: Code
    /// A message for people with the likely cause and the next step.
    public let message: String
    /// The underlying error, if any.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The kind, the message and the cause.
    public var description: String {
        let text = "\(code): \(message)"
        return cause.map { "\(text) (\($0))" } ?? text
    }

    /// Passes the error to `handler`, or handles it as a store without a handler does.
    public func report(to handler: StoreErrorHandler?) {
        if let handler { return handler(self) }
        assertionFailure(description)
    }
}

/// Receives the errors of a store, on the thread where they occurred and outside of its lock.
public typealias StoreErrorHandler = @Sendable (StoreError) -> Void
