// SPDX-License-Identifier: MIT

import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The binary `scuttlebutt`.
@main
struct ScuttlebuttCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "scuttlebutt",
        abstract: "Your reducer, everyone's actions, one order.",
        discussion: """
            Peers gossip actions, agree on one order of them, and fold that order with the same \
            reducer. 'serve' is the server with its web pages, 'join' a peer for shells and \
            programs, 'simulate' tries the protocol on swarms with faults, and the other verbs \
            look into saved logs.

            Exit codes: 0 done, 1 a check failed, 2 wrong usage or bad input, 3 unreachable. \
            Ctrl-C ends every verb with everything saved, and counts as done.
            """,
        version: version,
        subcommands: [
            ServeCommand.self, JoinCommand.self, PeerCommand.self, LogCommand.self,
            StateCommand.self, ReplayCommand.self, ImportCommand.self, ExportCommand.self,
            SimulateCommand.self, VersionCommand.self,
        ])

    /// Without a verb: the help, as an answer to wrong usage.
    func run() async throws {
        throw CommandFailure(ScuttlebuttCommand.helpMessage())
    }

    /// Parses, runs and ends the process; `ArgumentParser`'s own way would exit with other codes.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // A closed pipe shall be an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var code: Int32 = 0
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

    /// Tells of an error in one line; help and versions that were asked for go to stdout.
    private static func report(_ error: any Error, _ arguments: [String]) async -> Int32 {
        if let ending = Ending(error) {
            if let message = ending.message { StandardError.shared.note(message) }
            return ending.code
        }
        if exitCode(for: error) == .success {
            let text = fullMessage(for: error)
            if !text.isEmpty { try? await StandardOutput.shared.write(line: Array(text.utf8)) }
            return 0
        }
        let names = configuration.subcommands.map { $0._commandName }
        let verb = arguments.first { names.contains($0) }
        let message = message(for: error).split(separator: "\n")
            .map { $0.drop { $0 == " " } }.joined(separator: " ")
        let help = (["scuttlebutt"] + (verb.map { [$0] } ?? []) + ["--help"])
            .joined(separator: " ")
        StandardError.shared.note("\(message) (See '\(help)'.)")
        return 2
    }
}

/// Ends the process, once what was written has left it.
private func endProcess(_ code: Int32) async -> Never {
    await StandardError.shared.drain()
    await StandardOutput.shared.drain()
    exit(code)
}

/// Prints the version; `--version` does too.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print it as one JSON object.") var json = false

    func run() async throws {
        let version = ScuttlebuttCommand.version
        let line = json ? "{\"version\":\"\(version)\"}" : version
        try await StandardOutput.shared.write(line: Array(line.utf8))
    }
}
