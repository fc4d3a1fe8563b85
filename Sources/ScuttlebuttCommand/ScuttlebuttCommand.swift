// SPDX-License-Identifier: MIT

import ArgumentParser

/// The `scuttlebutt` executable.
@main
struct ScuttlebuttCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "scuttlebutt",
        abstract: "Your reducer, everyone's actions, one order.",
        discussion: """
            Peers gossip actions, agree on their order, and fold them with the same reducer. \
            'serve' runs the server and its web pages, 'join' runs a peer for shells and scripts, \
            'simulate' checks the protocol on simulated swarms, and the other commands read saved \
            logs.

            Exit codes: 0 success, 1 a check failed, 2 wrong usage or bad input, 3 unreachable. \
            Ctrl-C saves everything and exits with 0.
            """,
        version: version,
        subcommands: [
            ServeCommand.self, JoinCommand.self, PeerCommand.self, LogCommand.self,
            StateCommand.self, ReplayCommand.self, ImportCommand.self, ExportCommand.self,
            BackupCommand.self,
            SimulateCommand.self, VersionCommand.self,
        ])

    /// Prints the help as a usage error when no subcommand is given.
    func run() async throws {
        throw MissingSubcommandError()
    }

    /// Parses the arguments, runs the command and exits.
    ///
    /// Replaces `ArgumentParser`'s `main()`, which uses other exit codes.
    static func main() async {
        ProcessLimits.occupyStandardDescriptors()
        let arguments = Array(CommandLine.arguments.dropFirst())
        // Writing to a closed pipe, or beyond the permitted size of a file, must fail with an error
        // instead of killing the process.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        var code: Int32 = 0
        do {
            try ProcessLimits.requireDescriptors()
            try ProcessLimits.requireThreads()
        } catch {
            endWithoutThreads(error)
        }
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            code = await report(error, arguments)
        }
        await endProcess(code)
    }

    /// Prints an error on one line; requested help and version texts go to stdout.
    private static func report(_ error: any Error, _ arguments: [String]) async -> Int32 {
        if let status = ExitStatus(error) {
            if let message = status.message { StandardError.shared.note(message) }
            return status.code
        }
        if exitCode(for: error) == .success {
            let text = fullMessage(for: error)
            if !text.isEmpty { try? await StandardOutput.shared.write(line: Array(text.utf8)) }
            return 0
        }
        let names = configuration.subcommands.map { $0._commandName }
        if let first = arguments.first, !first.hasPrefix("-"), !(names + ["help"]).contains(first) {
            StandardError.shared.note(
                "error: unknown command '\(first.prefix(40))'"
                    + Suggestion.text(for: first, among: names)
                    + "; use one of: \(names.joined(separator: ", ")) (see 'scuttlebutt --help')")
            return CommandError.badInput
        }
        let verb = arguments.first { names.contains($0) }
        let message = message(for: error).split(separator: "\n")
            .map { $0.drop { $0 == " " } }.joined(separator: " ")
            .trimmingFullStop.lowercasingFirstLetter
        let help = (["scuttlebutt"] + (verb.map { [$0] } ?? []) + ["--help"])
            .joined(separator: " ")
        StandardError.shared.note("error: \(message) (see '\(help)')")
        return 2
    }
}

/// Exits where no threads can be started: there is no queue to print from, and nothing to wait for.
private func endWithoutThreads(_ error: any Error) -> Never {
    let message = "error: \((error as? CommandError)?.message ?? "\(error)")\n"
    try? Descriptor.write(Array(message.utf8), to: STDERR_FILENO)
    exit(CommandError.badInput)
}

/// Exits once all pending output has been written.
private func endProcess(_ code: Int32) async -> Never {
    await StandardError.shared.drain()
    await StandardOutput.shared.drain()
    exit(code)
}

extension String {
    /// The string without a full stop at its end, so that more can be appended.
    fileprivate var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }

    /// The string with its first letter in lower case, unless it begins with an acronym.
    fileprivate var lowercasingFirstLetter: String {
        guard dropFirst().first?.isUppercase == false else { return self }
        return prefix(1).lowercased() + dropFirst()
    }
}
