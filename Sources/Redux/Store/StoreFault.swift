// SPDX-License-Identifier: MIT
internal import Synchronization

/// Something that a program did to a store and may not do; the store is whole and goes on.
///
/// `dispatch` does not throw, so faults go to the handler that the store was given. Without one a
/// fault traps with its message in debug builds, and goes to ``setUnhandled(_:)`` in release
/// builds.
public struct StoreFault: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is; new kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the kind.
        public let description: String

        /// Makes a kind of fault; enhancers have their own.
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
        /// A middleware dispatched while the middleware were being put together.
        public static let dispatchWhileBuilding = Code("dispatchWhileBuilding")
        /// No first state was given and the reducer cannot make one.
        public static let noInitialState = Code("noInitialState")
        /// `combine` was given no reducers.
        public static let emptyCombine = Code("emptyCombine")
        /// `combine` was given two slices for one part.
        public static let duplicateSlice = Code("duplicateSlice")
        /// The first state has parts that no reducer knows.
        public static let unknownSlice = Code("unknownSlice")
        /// An enhancer that may be applied once was applied twice.
        public static let duplicateEnhancer = Code("duplicateEnhancer")
        /// Action creators were to be bound and there were none.
        public static let nothingToBind = Code("nothingToBind")
        /// More faults happened at once than are kept.
        public static let tooManyFaults = Code("tooManyFaults")
    }

    /// What kind of fault it is.
    public let code: Code
    /// What happened, the likely cause and the next step, for people.
    public let message: String
    /// The error behind it, when there is one.
    public let cause: (any Error)?

    /// Makes a fault.
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

    /// Hands the fault to `handler`, or does what is done without one.
    public func report(to handler: FaultHandler?) {
        if let handler { return handler(self) }
        assertionFailure(description)
        StoreFault.unhandled.withLock { $0 }?(self)
    }

    /// Names who hears, in release builds, the faults of stores that have no handler.
    ///
    /// The library writes to no stream of its own accord; pass a closure that logs.
    public static func setUnhandled(_ handler: FaultHandler?) {
        unhandled.withLock { $0 = handler }
    }

    private static let unhandled = Mutex<FaultHandler?>(nil)
}

/// Hears of the faults of a store, on the thread where they happened and outside of its lock.
public typealias FaultHandler = @Sendable (StoreFault) -> Void
