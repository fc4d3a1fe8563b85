// SPDX-License-Identifier: MIT

import Foundation

/// The folder of `serve --pages`.
enum PageFolder {
    /// The most files, and the most bytes of all together: 1,000 and 64 MiB.
    static let (fileLimit, byteLimit) = (1_000, 1 << 26)

    /// Returns the files by their request path, such as `/sub/app.html`.
    ///
    /// They are read at once, so that no request can name a file that is not among them. What
    /// begins with a dot is left out, and so is what is no regular file.
    ///
    /// - Throws: ``CommandError`` if it is no folder, cannot be read, or exceeds the limits.
    static func read(_ path: String) throws -> [String: [UInt8]] {
        let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let keys: [URLResourceKey] = [.isRegularFileKey, .isDirectoryKey, .fileSizeKey]
        guard (try? folder.resourceValues(forKeys: Set(keys)))?.isDirectory == true,
            let found = FileManager.default.enumerator(
                at: folder, includingPropertiesForKeys: keys, options: [.skipsHiddenFiles])
        else { throw CommandError("--pages \(path) is not a folder") }
        var files: [String: [UInt8]] = [:]
        var room = byteLimit
        for case let file as URL in found {
            let values = try? file.resourceValues(forKeys: Set(keys))
            guard values?.isRegularFile == true else { continue }
            room -= values?.fileSize ?? 0
            guard files.count < fileLimit, room >= 0 else {
                throw CommandError(
                    "--pages \(path) holds more than \(fileLimit) files or \(byteLimit) bytes")
            }
            guard let data = FileManager.default.contents(atPath: file.path) else {
                throw CommandError("--pages: \(file.path) cannot be read")
            }
            let names = file.pathComponents.dropFirst(folder.pathComponents.count)
            let request = "/" + names.joined(separator: "/")
            files[
                request.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? request] =
                Array(data)
        }
        return files
    }
}
