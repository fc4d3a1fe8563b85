// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// Holds the threads of the check until the last one has been started, so that they exist at the
/// same time.
private let allHaveStarted = Atomic(false)

/// The body of a thread of the check.
///
/// The thread is not of the pool, and waits for a millisecond at most.
private func wait(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    while !allHaveStarted.load(ordering: .acquiring) { usleep(100) }  // on its own thread
    return nil
}

/// What a process needs from its surroundings before anything else is started.
enum ProcessLimits {
    /// Makes sure that the descriptors 0 to 2 are taken.
    ///
    /// If one was closed by whoever started us, the next file or socket would get its number, and
    /// messages would be written into a store or to a peer. Reading or writing the substitutes
    /// fails, as it did with the closed ones.
    static func occupyStandardDescriptors() {
        for file in 0...2 as ClosedRange<CInt> where fcntl(file, F_GETFD) < 0 {
            let substitute = open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            guard substitute >= 0, substitute != file else { continue }
            dup2(substitute, file)
            close(substitute)
        }
    }

    /// Checks that as many files can be open as the event loops and one store need.
    ///
    /// - Throws: ``CommandError`` that names the limit.
    static func requireDescriptors() throws {
        // An event loop has three; a store, its lock, a connection and the signals are the others.
        let count = 3 * processorCount + 8
        var files: [CInt] = []
        var number: CInt = 0
        while files.count < count, number == 0 {
            let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if file >= 0 { files.append(file) } else { number = errno }
        }
        for file in files { close(file) }
        guard number == 0 else {
            throw CommandError(
                "cannot open \(count) files at a time: "
                    + FileCause.describe(number, path: "/dev/null"))
        }
    }

    private static var processorCount: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

    /// Checks that as many threads can be started as the event loops and the pool need.
    ///
    /// Without this check the process would trap later, in the middle of its work.
    ///
    /// - Throws: ``CommandError`` that names the limit.
    static func requireThreads() throws {
        let count = 2 * processorCount + 2
        #if canImport(Darwin)
            var threads = [pthread_t?](repeating: nil, count: count)
        #else
            var threads = [pthread_t](repeating: pthread_t(), count: count)
        #endif
        var started = 0
        while started < count, create(&threads[started]) { started += 1 }
        allHaveStarted.store(true, ordering: .releasing)
        for thread in threads[..<started] { join(thread) }
        guard started == count else {
            throw CommandError(
                "cannot start \(count) threads: only \(started) are permitted; raise the limit of "
                    + "processes (ulimit -u, or the limit of the container)")
        }
    }

    #if canImport(Darwin)
        private static func create(_ thread: inout pthread_t?) -> Bool {
            pthread_create(&thread, nil, { wait($0) }, nil) == 0
        }

        private static func join(_ thread: pthread_t?) {
            // Only the main thread, its own thread, exists by then.
            if let thread { pthread_join(thread, nil) }
        }
    #else
        private static func create(_ thread: inout pthread_t) -> Bool {
            pthread_create(&thread, nil, { wait($0) }, nil) == 0
        }

        private static func join(_ thread: pthread_t) {
            // Only the main thread, its own thread, exists by then.
            pthread_join(thread, nil)
        }
    #endif
}
