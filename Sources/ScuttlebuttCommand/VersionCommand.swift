// SPDX-License-Identifier: MIT

import ArgumentParser

/// `scuttlebutt version`: prints the version, like `--version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print the version as a JSON object.") var json = false

    func run() async throws {
        let version = ScuttlebuttCommand.version
        let line = json ? "{\"version\":\"\(version)\"}" : version
        try await StandardOutput.shared.write(line: Array(line.utf8))
    }
}
