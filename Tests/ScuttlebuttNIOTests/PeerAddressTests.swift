// SPDX-License-Identifier: MIT

import NIOHTTP1
import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

@Suite("PeerAddress", .timeLimit(.minutes(20)))
struct PeerAddressTests {
    @Test(
        "Valid addresses are parsed",
        arguments: [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("http://localhost:3000/app?token=a&x=1#top", "http://localhost:3000/app?token=a&x=1"),
            ("https://example.org", "https://example.org:443/"),
            ("ws://example.org", "ws://example.org:80/ws"),
            ("ws://example.org:3000?x=1", "ws://example.org:3000/ws?x=1"),
            ("WSS://example.org/gossip/", "wss://example.org:443/gossip/"),
            ("ws://[::1]:3000/ws", "ws://[::1]:3000/ws"),
            ("ws://h:1/é", "ws://h:1/%C3%A9"),
            ("tcp://127.0.0.1:4000", "tcp://127.0.0.1:4000"),
            ("tcp://[::1]:4000/", "tcp://[::1]:4000"),
            ("https://alice:s%40cret@example.org/sb", "https://example.org:443/sb"),
            ("localhost:3000", "http://localhost:3000/"),
            ("example.org", "http://example.org:3000/"),
            ("192.168.1.5:3000", "http://192.168.1.5:3000/"), ("[::1]", "http://[::1]:3000/"),
            ("[::1]:80", "http://[::1]:80/"), ("h:1/sb?token=a", "http://h:1/sb?token=a"),
            ("bücher.example:1", "http://bücher.example:1/"),
            ("ws://alice:s@cret@[::1]:1/ws", "ws://[::1]:1/ws"),
        ])
    func addresses(text: String, canonical: String) throws {
        #expect(try PeerAddress(text).description == canonical)
    }

    @Test(
        "An invalid address is refused with one line",
        arguments: [
            "", "::1", "::1:3000", "localhost:", "localhost:x", "localhost:0", ":3000", "/ws",
            "//localhost:3000", "://localhost", "localhost 3000", "-h", "mailto:a@b", "[::1",
            "ftp://h:1", "tcp://h", "tcp://h:1/path", "tcp://:1", "ws://",
            "ws://h:0", "ws://h:65536", "ws://h:+1", "ws://h:x", "ws://h:", "tcp://u:p@h:1",
            "ws://u:%0a@h:1", "ws://u:%ff@h:1", "ws://u:%+1@h:1", "ws://u:%@h:1", "ws://u:p@",
            "ws://::1:3000", "ws://[::1", "ws://[::1]x", "http://h/a b", "http://h/\r\nX: y",
            "http:///p",
        ])
    func refusals(text: String) {
        let error = #expect(throws: LinkError.self) { try Transports.transport(for: text) }
        #expect(error?.code == .badAddress)
        #expect(error?.message.contains("\n") == text.contains("\n"))
    }

    @Test(
        "No message shows a password, wherever an address goes wrong",
        arguments: [
            "tcp://alice:secret@h:1", "ftp://alice:secret@h", "alice:secret@h:1",
            "ws://alice:secret@h:x", "ws://alice:secret/more@h", "ws://alice:secret%0a@h",
            "http://alice:secret@:1", "http://alice:secret@h/a b",
        ])
    func secrets(text: String) {
        let error = #expect(throws: LinkError.self) { try Transports.transport(for: text) }
        #expect(error?.message.contains("secret") == false, "\(error?.message ?? "")")
    }

    @Test(
        "Host and Origin have the port only if it is not that of the scheme",
        arguments: [
            ("http://h", "h", "http://h"), ("https://h:443", "h", "https://h"),
            ("ws://h:80/ws", "h", "http://h"), ("wss://h", "h", "https://h"),
            ("http://h:443", "h:443", "http://h:443"), ("wss://h:80", "h:80", "https://h:80"),
            ("ws://[::1]:3000", "[::1]:3000", "http://[::1]:3000"),
            ("https://u:p@[::1]", "[::1]", "https://[::1]"),
        ])
    func hosts(text: String, host: String, origin: String) throws {
        let headers = try PeerAddress(text).upgradeHeaders([:])
        #expect(headers["Host"] == [host])
        #expect(headers["Origin"] == [origin])
    }

    @Test("The name of a transport shows neither password nor query")
    func names() throws {
        let transport = try Transports.transport(for: "https://alice:secret@h/sb?token=secret")
        #expect(transport.name == "https://h:443/sb?…")
    }

    @Test(
        "Primus is below the path of an address, unless the path names it",
        arguments: [
            ("", "/primus"), ("/", "/primus"), ("/sb", "/sb/primus"), ("/sb//", "/sb/primus"),
            ("/sb/primus", "/sb/primus"), ("/primus/", "/primus"), ("/primusx", "/primusx/primus"),
        ])
    func primusPaths(path: String, expected: String) throws {
        #expect(try PeerAddress("http://h\(path)?x=1").primusPath == expected)
    }

    @Test(
        "An address whose scheme was lost gets the ones that it could have",
        arguments: [
            (":localhost:3", "http://localhost:3 or ws://localhost:3/ws or tcp://localhost:3"),
            ("//h:1", "http://h:1 or ws://h:1/ws or tcp://h:1"),
            ("//h/app", "http://h/app or ws://h/app"),
        ])
    func withoutScheme(text: String, suggestion: String) {
        let error = #expect(throws: LinkError.self) { try PeerAddress(text) }
        #expect(error?.message.contains("did you mean \(suggestion)?") == true)
    }

    @Test("Listening on somebody else's address says so")
    func foreignAddress() async {
        // Reserved for documentation; no machine has it.
        let error = await #expect(throws: LinkError.self) {
            try await TCPListener.listen(host: "192.0.2.1")
        }
        #expect(error?.message.contains("not an address of this machine; use") == true)
    }

    @Test("The scheme chooses the transport")
    func transports() throws {
        #expect(try Transports.transport(for: "tcp://h:1") is TCPTransport)
        #expect(try Transports.transport(for: "ws://h") is WebSocketTransport)
        #expect(try Transports.transport(for: "http://h") is PrimusTransport)
        #expect(try Transports.transport(for: "ws://h:3000").name == "ws://h:3000/ws")
    }

    @Test("An address without a listener is unreachable, and a used port is in use")
    func errors() async throws {
        let listener = try await TCPListener.listen()
        await #expect(throws: LinkError.self) { try await TCPListener.listen(port: listener.port) }
        await listener.close()
        let nobody = try BoundPort()
        for address in ["tcp", "ws", "http"].map({ "\($0)://127.0.0.1:\(nobody.number)" }) {
            let transport = try Transports.transport(for: address)
            let error = await #expect(throws: LinkError.self) { try await transport.connect() }
            #expect(error?.code == .unreachable)
        }
        do {
            let taken = try await TCPListener.listen()
            _ = try await WebSocketListener.listen(port: taken.port)
        } catch let error as LinkError {
            #expect(error.code == .addressInUse)
        }
    }
}
