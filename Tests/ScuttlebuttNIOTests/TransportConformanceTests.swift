// SPDX-License-Identifier: MIT

import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite("Every transport keeps the promises of Link", .serialized, .timeLimit(.minutes(20)))
struct TransportConformanceTests {
    static let limits: LinkLimits = {
        var limits = LinkLimits()
        limits.maximumLineByteCount = 1 << 20
        return limits
    }()

    @Test("In-memory", arguments: TransportConformance.all)
    func inMemory(_ promise: TransportConformance) async throws {
        try await promise.run(
            TransportHarness(
                name: "in-memory", supportsHalfClosure: true, maximumLineByteCount: nil
            ) {
                let network = InMemoryNetwork()
                return (try network.listen(at: "here"), network.transport(to: "here"))
            })
    }

    @Test("TCP", arguments: TransportConformance.all)
    func tcp(_ promise: TransportConformance) async throws {
        let limits = Self.limits
        try await promise.run(
            TransportHarness(
                name: "TCP", supportsHalfClosure: true,
                maximumLineByteCount: limits.maximumLineByteCount
            ) {
                let listener = try await TCPListener.listen(limits: limits)
                return (
                    listener,
                    TCPTransport(host: "127.0.0.1", port: listener.port, limits: limits)
                )
            })
    }

    @Test("WebSocket", arguments: TransportConformance.all)
    func webSocket(_ promise: TransportConformance) async throws {
        let limits = Self.limits
        try await promise.run(
            TransportHarness(
                name: "WebSocket", supportsHalfClosure: false,
                maximumLineByteCount: limits.maximumLineByteCount
            ) {
                let listener = try await WebSocketListener.listen(limits: limits)
                return (
                    listener,
                    try WebSocketTransport("ws://127.0.0.1:\(listener.port)", limits: limits)
                )
            })
    }

    @Test("Primus", arguments: TransportConformance.all)
    func primus(_ promise: TransportConformance) async throws {
        let limits = Self.limits
        try await promise.run(
            TransportHarness(
                name: "Primus", supportsHalfClosure: false,
                maximumLineByteCount: limits.maximumLineByteCount
            ) {
                let listener = try await WebSocketListener.listen(limits: limits)
                return (
                    listener,
                    try PrimusTransport("http://127.0.0.1:\(listener.port)", limits: limits)
                )
            })
    }
}
