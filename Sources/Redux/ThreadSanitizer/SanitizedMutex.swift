// SPDX-License-Identifier: MIT

// Only in builds for the thread sanitizer, which `dev/test` makes with this flag.
//
// The standard library's `Mutex` waits in code that the sanitizer does not see, so every lock that
// is ever contended is reported as a race. Here a lock of POSIX threads, which it knows, takes its
// name. The other targets, and the tests that lock, hold a symbolic link to this file.
#if THREAD_SANITIZER
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #else
        internal import Darwin
    #endif

    /// Stands for `Synchronization.Mutex` under the thread sanitizer.
    // Sendable by this proof: the value is touched only between lock and unlock of its lock.
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
