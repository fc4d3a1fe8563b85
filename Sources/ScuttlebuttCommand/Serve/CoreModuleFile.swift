// SPDX-License-Identifier: MIT

import Foundation

/// The file of `serve --core-module`, or of `--examples-module`.
enum CoreModuleFile {
    /// The largest that is served: 16 MiB, fifty times as large as ours.
    static let byteLimit = 1 << 24

    /// Returns its bytes.
    ///
    /// - Parameter option: The option that names the file, for messages.
    /// - Throws: ``CommandError`` if it cannot be read or is no WebAssembly module.
    static func read(_ path: String, option: String = "--core-module") throws -> [UInt8] {
        let files = FileManager.default
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        // Before it is read: a device has no end, and a pipe may have nobody who writes.
        guard let attributes = try? files.attributesOfItem(atPath: resolved),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { throw CommandError("\(option) \(path) is not a file; dev/web builds it") }
        let byteCount = (attributes[.size] as? NSNumber)?.intValue ?? 0
        let mismatch = CommandError(
            "\(option) \(path) is not a WebAssembly module of at most \(byteLimit) bytes")
        guard byteCount <= byteLimit else { throw mismatch }
        guard let data = files.contents(atPath: resolved) else {
            throw CommandError("\(option) \(path) cannot be read")
        }
        guard data.starts(with: [0x00, 0x61, 0x73, 0x6D]) else { throw mismatch }
        return Array(data)
    }

    /// Where a module is if no option names it: beside the program, or where `dev/web` builds it in
    /// the checkout that the program was built in; `nil` if it is in neither place.
    ///
    /// - Parameters:
    ///   - name: Its name, without an extension: `ScuttlebuttWasm`.
    ///   - program: The file of the program.
    static func path(of name: String, for program: URL?) -> String? {
        guard var folder = program?.resolvingSymlinksInPath().deletingLastPathComponent() else {
            return nil
        }
        var candidates = [folder.appendingPathComponent("\(name).wasm")]
        // The program is in .build/TRIPLE/CONFIGURATION of the package.
        while folder.pathComponents.count > 1 {
            if folder.lastPathComponent == ".build" {
                candidates.append(
                    folder.deletingLastPathComponent().appendingPathComponent(
                        "Wasm/.build/wasm32-unknown-none-wasm/release/\(name).wasm"))
                break
            }
            folder.deleteLastPathComponent()
        }
        return candidates.map(\.path).first { FileManager.default.fileExists(atPath: $0) }
    }
}
