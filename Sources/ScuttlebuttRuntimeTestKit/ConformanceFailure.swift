// SPDX-License-Identifier: MIT

/// What an implementation did against its contract.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public let message: String

    /// Makes a failure.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}

/// Throws ``ConformanceFailure`` unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceFailure(message()) }
}

/// Runs `body`, and fails when it takes longer than a check ever should.
///
/// Only a hang is caught by this; no check depends on how long something takes.
func guarded<Value: Sendable>(
    _ what: String, seconds: Int = 60, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw ConformanceFailure("\(what) hung for \(seconds) s")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
