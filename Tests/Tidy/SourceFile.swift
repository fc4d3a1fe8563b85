// SPDX-License-Identifier: MIT
import Foundation

/// A text file of the repository, as the tidy rules see it.
struct SourceFile: Sendable {
    /// Relative to the root of the repository, with `/` between folders.
    let path: String
    /// The whole text.
    let text: String
    /// For Swift, the text with comments and the contents of string literals blanked out, line for
    /// line and byte for byte as long as `text`; for other files the text itself.
    let code: String

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = path.hasSuffix(".swift") ? CodeBlanker.blank(text) : text
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    var folders: [String] { path.split(separator: "/").dropLast().map(String.init) }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The target under `Sources/` that the file belongs to.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Whether a line, or the comment that ends above it or its attributes, says something.
    ///
    /// - Parameter pattern: A regular expression; upper and lower case are the same to it.
    func hasRemark(_ pattern: String, at line: Int) -> Bool {
        let lines = self.lines.map { $0.trimmingCharacters(in: .whitespaces) }
        func remarks(_ text: String) -> Bool {
            guard let comment = text.range(of: "//") else { return false }
            return text[comment.upperBound...].range(
                of: pattern, options: [.regularExpression, .caseInsensitive]) != nil
        }
        if remarks(lines[line - 1]) { return true }
        for above in lines[..<(line - 1)].reversed() {
            guard above.hasPrefix("//") || above.hasPrefix("@") else { return false }
            if remarks(above) { return true }
        }
        return false
    }
}

/// The repository this test was compiled in.
enum Repository {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file that is written by hand, in the order of their paths.
    ///
    /// Build folders, hidden folders but `.ci`, and symbolic links are left out.
    static func files() throws -> [SourceFile] {
        var found: [SourceFile] = []
        try collect(root, prefix: "", into: &found)
        return found.sorted { $0.path < $1.path }
    }

    private static let extensions: Set<String> = [
        "swift", "c", "h", "modulemap", "js", "mjs", "html", "css", "md", "sh",
    ]
    private static let skipped: Set<String> = ["node_modules"]

    private static func collect(
        _ folder: URL, prefix: String, into found: inout [SourceFile]
    ) throws {
        let keys: Set<URLResourceKey> = [.isDirectoryKey, .isSymbolicLinkKey]
        let entries = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: Array(keys))
        for entry in entries {
            let name = entry.lastPathComponent
            let values = try entry.resourceValues(forKeys: keys)
            if values.isSymbolicLink == true || skipped.contains(name) { continue }
            let path = prefix + name
            if values.isDirectory == true {
                if name.hasPrefix("."), name != ".ci" { continue }
                try collect(entry, prefix: path + "/", into: &found)
            } else if isText(path, entry) {
                found.append(
                    SourceFile(path: path, text: try String(contentsOf: entry, encoding: .utf8)))
            }
        }
    }

    private static func isText(_ path: String, _ entry: URL) -> Bool {
        extensions.contains(entry.pathExtension)
            || path.hasPrefix("dev/") || path.hasPrefix(".ci/")
    }
}
