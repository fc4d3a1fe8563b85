// SPDX-License-Identifier: MIT

import FuzzTargets
import LibFuzzer

/// The fuzzer's program: `Fuzz --target=NAME [OPTION OF LIBFUZZER | FILE | FOLDER]…`, or
/// `Fuzz --list` for each target's name, dictionary, longest input and build.
@main
struct Fuzz {
    // Proof of safe sharing: written once, before libFuzzer runs, which has one thread. A C
    // function pointer can reach nothing but what is global.
    nonisolated(unsafe) private static var run: @Sendable ([UInt8]) throws -> Void = { _ in }

    static func main() {
        if CommandLine.arguments.contains("--list") {
            for target in FuzzTarget.all {
                print(
                    target.name, target.dictionary ?? "-", target.maximumByteCount,
                    target.build.rawValue)
            }
            return
        }
        let names = CommandLine.arguments.compactMap { argument in
            argument.hasPrefix("--target=") ? String(argument.dropFirst(9)) : nil
        }
        guard let target = FuzzTarget.all.first(where: { names == [$0.name] }) else {
            fatalError("name one target with --target=NAME; --list shows all")
        }
        run = target.run
        // libFuzzer ignores options with two dashes, and hands them to the processes it starts.
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
            do {
                try Fuzz.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
            } catch {
                fatalError("finding: \(error)")
            }
            return 0
        }
    }
}
