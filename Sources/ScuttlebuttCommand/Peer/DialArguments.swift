// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttNIO
import ScuttlebuttRuntime

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The options of every command that dials over HTTP: whom to trust, and what to say.
struct DialArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities to trust for https and wss, beside the system's. "
                + "SSL_CERT_FILE replaces the system's.", valueName: "file"),
        completion: .file())
    var tlsCa: String?

    @Option(
        help: ArgumentHelp(
            "Header to send when dialling over HTTP. Repeatable.", valueName: "name: value"))
    var header: [String] = []

    @Option(
        help: ArgumentHelp(
            "File of such headers, one per line, for secrets that other users must not see.",
            valueName: "file"),
        completion: .file())
    var headerFile: String?

    /// A file of headers that is longer than this is something else.
    private static let maximumFileByteCount = 1 << 20

    /// Whether there is anything that only HTTP can use.
    var areGiven: Bool { tlsCa != nil || !header.isEmpty || headerFile != nil }

    /// Reads the files.
    ///
    /// - Throws: ``CommandError`` that names the option, and shows no value.
    func settings() throws -> DialSettings {
        var settings = DialSettings()
        let system = ProcessInfo.processInfo.environment["SSL_CERT_FILE"] ?? ""
        if !system.isEmpty {
            try named("SSL_CERT_FILE") {
                try settings.trust(authoritiesIn: system, replacesSystem: true)
            }
        }
        if let tlsCa { try named("--tls-ca") { try settings.trust(authoritiesIn: tlsCa) } }
        for line in header { try named("--header") { try settings.add(header: line) } }
        for line in try headerLines() {
            try named("--header-file") { try settings.add(header: line) }
        }
        return settings
    }

    private func headerLines() throws -> [String] {
        guard let headerFile else { return [] }
        guard let data = FileManager.default.contents(atPath: headerFile) else {
            throw CommandError("--header-file: cannot read \(headerFile); is it there?")
        }
        guard data.count <= Self.maximumFileByteCount,
            let text = String(validating: data, as: UTF8.self)
        else { throw CommandError("--header-file: \(headerFile) is not a text of headers") }
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }

    private func named(_ option: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as LinkError {
            throw CommandError("\(option): \(error.message)")
        }
    }
}
