// SPDX-License-Identifier: MIT

import Foundation

/// Replays what two people typed at the same time: `FriendsForever [--seed N] [--trace FILE]`.
@main
struct FriendsForever {
    static func main() async {
        var seed: UInt64 = 1
        var file = Trace.standard
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch (argument, arguments.popFirst()) {
            case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value) ?? seed
            case ("--trace", let value?): file = URL(fileURLWithPath: value)
            default:
                show("usage: FriendsForever [--seed N] [--trace FILE]")
                exit(2)
            }
        }
        do {
            let replay = Replay(trace: try await Trace(contentsOf: file), seed: seed) { show($0) }
            show("seed \(seed): \(replay.trace.transactions.count) transactions")
            show(try await replay.run().line)
        } catch {
            show("\(error)")
            exit(1)
        }
    }
}

/// Writes a line at once, also into a pipe.
func show(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
