// SPDX-License-Identifier: MIT

import ArgumentParser

/// A path below which a server is served, such as `/sb`: with a slash before it and none behind it.
struct BasePath {
    /// The path; empty for the root.
    let text: String

    /// Parses a path, with or without slashes at its end.
    ///
    /// - Throws: `ValidationError` if it is not a path that stands in URLs as it is.
    init(_ argument: String) throws {
        var path = Substring(argument)
        while path.hasSuffix("/") { path.removeLast() }
        let isPath = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/-._~%!$&'()*+,;=:@".utf8.contains(byte)
            }
        }
        guard argument.hasPrefix("/"), isPath, !path.contains("//") else {
            throw ValidationError("invalid --base '\(argument)': use a path such as /sb")
        }
        text = String(path)
    }
}
