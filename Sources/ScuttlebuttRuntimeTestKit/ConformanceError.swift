// SPDX-License-Identifier: MIT

/// A promise that an implementation broke.
public struct ConformanceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A message for people.
    public let message: String

    /// Creates an error.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}

/// Throws ``ConformanceError`` unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceError(message()) }
}

/// Runs `body` and fails if it hangs.
///
/// The limit is far above the time any check needs, so no check depends on timing.
func withHangLimit<Value: Sendable>(
    _ what: String, seconds: Int = 60, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw ConformanceError("\(what) hung for \(seconds) s")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
