// SPDX-License-Identifier: MIT

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C and SIGTERM end a run after the seeds that have begun, with its figures; a second one
/// ends it at once.
enum Interruption {
    private static let wasTold = Atomic(false)

    static var hasCome: Bool { wasTold.load(ordering: .relaxed) }

    static func watch() {
        // What is lazy is made here: a handler may only store.
        wasTold.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                Interruption.wasTold.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }
}
