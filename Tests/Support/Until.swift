// SPDX-License-Identifier: MIT

/// What a test waited for did not come.
public struct NeverHappened: Error {
    /// What it waited for.
    public let what: String
}

/// Asks again and again until there is an answer.
///
/// For what nobody announces. The limit only catches a hang: nothing may depend on how long
/// something takes, and a machine that is busy with other things takes long.
public func until<Answer>(
    _ what: String, _ answer: () async throws -> Answer?
) async throws -> Answer {
    let end = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < end {
        if let answer = try await answer() { return answer }
        try Task.checkCancellation()
        await Task.yield()
    }
    throw NeverHappened(what: what)
}
