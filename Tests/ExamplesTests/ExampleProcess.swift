// SPDX-License-Identifier: MIT

import TestSupport

/// One of the built examples, driven as a person drives it.
final class ExampleProcess: Sendable {
    private let child: ChildProcess

    init(_ name: String, _ arguments: [String]) throws {
        child = ChildProcess(try BuiltProgram.path(name), arguments)
    }

    func type(_ line: String) { child.send("\(line)\n") }

    /// Waits until the program shows this line; `false` when it ends before.
    func shows(_ wanted: String) async -> Bool {
        while let line = await child.line() {
            if line == wanted { return true }
        }
        return false
    }

    /// Ends the input and waits for the end of the program.
    func finish() async -> Int32 {
        child.endInput()
        return await child.finish().code
    }
}
