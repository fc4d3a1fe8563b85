// SPDX-License-Identifier: MIT

import Dispatch

/// A thread for a verb that reads files and prints what it finds.
///
/// It may stand still as long as the disk, or the reader of its output, makes it wait: the threads
/// of the pool, of which there is one for each core, are not held up by it.
final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "scuttlebutt.verb")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
