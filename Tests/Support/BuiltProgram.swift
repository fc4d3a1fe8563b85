// SPDX-License-Identifier: MIT

import Foundation

/// The programs of this package, which lie beside the test bundle once they are built.
public enum BuiltProgram {
    /// There is no such program; the tests were built without it.
    public struct Missing: Error {
        /// What it is called.
        public let name: String
    }

    /// The path of a program.
    ///
    /// - Throws: ``Missing``.
    public static func path(_ name: String) throws -> String {
        for argument in [Bundle.main.bundlePath] + CommandLine.arguments {
            var folder = URL(fileURLWithPath: argument).resolvingSymlinksInPath()
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent(name)
                let values = try? candidate.resourceValues(forKeys: [.isRegularFileKey])
                if values?.isRegularFile == true { return candidate.path }
                folder.deleteLastPathComponent()
            }
        }
        throw Missing(name: name)
    }
}
