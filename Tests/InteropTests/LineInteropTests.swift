// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("Replicas over TCP, played to by the originals", .timeLimit(.minutes(20)))
struct LineInteropTests {
    @Test("Every recording is played by both sides, but for the two that need RSA keys")
    func all() {
        let played = Set(LineRecording.all.map(\.name) + Recording.all.map(\.name))
        #expect(
            played.union(["secure", "secure-unverified"])
                == Set(Fixtures.recordingNames(prefix: "")))
    }

    @Test(
        "Each side says what the original said, without echoes, and ends with what it had",
        arguments: LineRecording.all)
    func play(_ recording: LineRecording) async throws {
        switch recording.kind {
        case .model: try await play(recording) { _ in ReplicatedModel<JSONValue>() }
        case .events: try await play(recording) { _ in ReplicatedEvents<JSONValue>() }
        case .value: try await play(recording) { _ in ReplicatedValue<JSONValue>() }
        case .array: try await play(recording) { ReplicatedArray<JSONValue>(source: $0) }
        case .edit: try await play(recording) { ReplicatedEdit(source: $0) }
        case .appendOnly: try await play(recording) { _ in ReplicatedAppendOnly<JSONValue>() }
        case .expiryModel: try await play(recording) { _ in ReplicatedExpiryModel<JSONValue>() }
        case .doc: try await play(recording) { _ in ReplicatedDoc<JSONValue>() }
        case .bucket:
            try await play(recording) { source in
                ReplicatedBucket([
                    "model": ReplicatedModel<JSONValue>(), "events": ReplicatedEvents<JSONValue>(),
                    "list": ReplicatedArray<JSONValue>(source: source),
                ])
            }
        }
    }

    private func play<Value: Replicated & Dumpable>(
        _ recording: LineRecording, making make: @escaping @Sendable (Source) -> Value
    ) async throws {
        var player = try LinePlayer(recording, making: make)
        try await player.play()
    }
}
