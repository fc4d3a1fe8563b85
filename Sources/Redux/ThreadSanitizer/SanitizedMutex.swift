// SPDX-License-Identifier: MIT

// Only for builds with the thread sanitizer, for which `dev/test` sets this flag.
//
// The standard library's `Mutex` waits in code that the sanitizer does not instrument, so it
// reports every contended lock as a race. This type replaces it with a POSIX mutex, which the
// sanitizer knows. Other targets, and tests that lock, have a symbolic link to this file.
#if THREAD_SANITIZER
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #else
        internal import Darwin
    #endif

    /// Replaces `Synchronization.Mutex` under the thread sanitizer.
    // Proof that it is Sendable: the value is only accessed between lock and unlock.
    @usableFromInline
    struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let value: UnsafeMutablePointer<Value>
        private let lock: UnsafeMutablePointer<pthread_mutex_t>

        @usableFromInline
        init(_ initial: consuming sending Value) {
            value = .allocate(capacity: 1)
            value.initialize(to: initial)
            lock = .allocate(capacity: 1)
            pthread_mutex_init(lock, nil)
        }

        @usableFromInline
        borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return try body(&value.pointee)
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
            value.deinitialize(count: 1)
            value.deallocate()
        }
    }
#endif
