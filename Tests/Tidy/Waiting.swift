// SPDX-License-Identifier: MIT
import Foundation

extension Rule {
    /// No wait may end a run of the tests, or a server, for ever.
    static let waiting: [Rule] = [blocking, timeLimits]

    /// There is one thread in the pool for each core, and what a task waits for may need one too.
    private static let blocking = Rule.ban(
        #"\b(?:DispatchSemaphore|DispatchGroup|NSCondition(?:Lock)?|sem_wait|pthread_join"#
            + #"|pthread_cond_\w*wait|waitUntilExit|waitpid|waitid|readLine|readDataToEndOfFile"#
            + #"|readToEnd|readData|availableData|usleep|nanosleep)\b|\bThread\.sleep\b"#
            + #"|(?<![\w.])sleep\(\d|(?<![\w.])poll\(|\.sync\s*\{|\bread\(upToCount"#
            + #"|^(?!.*\bawait\b).*\.wait\(\)"#, in: .code,
        "A wait that blocks its thread has a comment with the words 'own thread'",
        where: { $0.isSwift && ["Sources", "Tests"].contains($0.folders.first) },
        unless: { $0.hasRemark(#"\bown thread\b"#, at: $1) })

    /// Those of a suite are inherited by the suites and the tests in it.
    private static let timeLimits = Rule(
        name: "A suite has a time limit, so that a hang has a name"
    ) { file in
        guard file.isSwift, file.folders.first == "Tests" else { return [] }
        let lines = file.code.split(separator: "\n", omittingEmptySubsequences: false)
        var violations: [Violation] = []
        var hasLimit = false
        for (index, line) in lines.enumerated() {
            // An extension is a part of a suite that stands elsewhere.
            if line.contains(".timeLimit(") || line.hasPrefix("extension ") { hasLimit = true }
            if line == "}" { hasLimit = false }
            guard !hasLimit, line.contains("@Test") else { continue }
            let message = "a test without a time limit: add '.timeLimit(…)' to its suite"
            violations.append(Violation(path: file.path, line: index + 1, message: message))
            hasLimit = true
        }
        return violations
    }
}
