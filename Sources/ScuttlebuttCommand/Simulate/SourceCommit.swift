// SPDX-License-Identifier: MIT

/// The commit that this program was probably built from: that of the checkout containing it.
///
/// A build does not know its commit, and most failures are investigated where they were found.
struct SourceCommit {
    /// The hash, or `nil` if the program is not in a checkout of this package or there is no Git.
    let name: String?

    static let found = SourceCommit(folder: programFolder)

    init(folder: String?) {
        name = folder.flatMap(SourceCommit.head)
    }

    /// The commit for people.
    var text: String {
        name.map { "commit \($0)" }
            ?? "unknown commit: the program is not in a checkout; say which release it is from"
    }

    private static var programFolder: String? {
        let candidates = ["/proc/self/exe", CommandLine.arguments.first ?? ""]
        return candidates.lazy.compactMap { path in
            guard let whole = realpath(path, nil) else { return nil }
            defer { free(whole) }
            let program = String(cString: whole)
            return program.lastIndex(of: "/").map { String(program[..<$0]) }
        }.first
    }

    /// Asks Git for the commit of the checkout that contains a folder.
    private static func head(of folder: String) -> String? {
        let quoted = folder.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''")
        let command = "git -C '\(quoted)' rev-parse --show-toplevel HEAD 2>/dev/null"
        guard let pipe = popen(command, "r") else { return nil }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while case let count = Descriptor.read(fileno(pipe), into: &chunk), count > 0 {
            output += chunk[..<count]
        }
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        // The commit of another repository that contains an installed program is meaningless.
        guard pclose(pipe) == 0, lines.count == 2,
            let manifest = try? TextFile.read(lines[0] + "/Package.swift"),
            manifest.contains("name: \"swift-scuttlebutt\"")
        else { return nil }
        return String(lines[1])
    }
}
