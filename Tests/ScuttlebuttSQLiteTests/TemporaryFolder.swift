// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization
import Testing

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String = "log.sqlite") -> String { url.appending(path: name).path }

    func write(_ bytes: [UInt8], to name: String = "log.sqlite") throws -> String {
        try Data(bytes).write(to: url.appending(path: name))
        return path(name)
    }

    /// The name and bytes of every file.
    var content: [String: Data] {
        get throws {
            var content: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: url.path) {
                let file = url.appending(path: name)
                content[name] = (try? Data(contentsOf: file)) ?? Data()
            }
            return content
        }
    }
}

final class Collected<Element: Sendable>: Sendable {
    private let storage = Mutex<[Element]>([])
    var values: [Element] { storage.withLock { $0 } }
    func append(_ value: Element) { storage.withLock { $0.append(value) } }
}

func update(_ source: String, _ time: Double, _ payload: String = "0") throws -> Update {
    Update(
        payload: Array(payload.utf8), timestamp: try #require(Timestamp(time)),
        source: try #require(Source(source)))
}

func everything(in log: any LogStorage) async throws -> [Update] {
    let collected = Collected<[Update]>()
    try await log.load { collected.append($0) }
    return collected.values.flatMap { $0 }
}

/// Expects a ``StorageError`` with this code and a message of one line, and gives the message.
@discardableResult
func expectFailure<Result>(
    _ code: StorageError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Result
) async -> String {
    do {
        _ = try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
        return ""
    } catch let error as StorageError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(!error.message.contains("\n"), sourceLocation: sourceLocation)
        return error.message
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
        return ""
    }
}
