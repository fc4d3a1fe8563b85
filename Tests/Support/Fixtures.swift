// SPDX-License-Identifier: MIT

public import Foundation

/// Finds the files of the repository that tests read.
///
/// A file that belongs to the repository and cannot be read is a broken checkout, so it traps here
/// rather than turning into a skipped test.
public enum Fixtures {
    /// The root of the repository that these tests were compiled in.
    public static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The recordings of the JavaScript originals; `Tests/Recordings/README.md` describes them.
    public static let recordings = root.appending(path: "Tests/Recordings")

    /// The contents of a file, by its path from the root of the repository.
    public static func data(_ path: String) -> Data {
        do {
            return try Data(contentsOf: root.appending(path: path))
        } catch {
            preconditionFailure("\(path) belongs to the repository and cannot be read: \(error)")
        }
    }

    /// The text of a file, by its path from the root of the repository.
    public static func text(_ path: String) -> String {
        String(decoding: data(path), as: UTF8.self)
    }

    /// The lines of a file, by its path from the root of the repository.
    public static func lines(_ path: String) -> [String] {
        text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}
