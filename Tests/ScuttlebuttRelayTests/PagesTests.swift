// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttRelay
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("The relay serves pages", .timeLimit(.minutes(20)))
struct PagesTests {
    static let files: [(path: String, file: String, type: String)] = [
        ("/", "index.html", "text/html"), ("/counter", "counter.html", "text/html"),
        ("/chat?x=1", "chat.html", "text/html"), ("/life", "life.html", "text/html"),
        ("/board", "board.html", "text/html"), ("/todo", "todo.html", "text/html"),
        ("/scuttlebutt.js", "scuttlebutt.js", "text/javascript"),
        ("/core.js", "core.js", "text/javascript"), ("/peer.js", "peer.js", "text/javascript"),
        ("/link.js", "link.js", "text/javascript"), ("/saving.js", "saving.js", "text/javascript"),
        ("/opening.js", "opening.js", "text/javascript"),
        ("/together.js", "together.js", "text/javascript"),
        ("/presence.js", "presence.js", "text/javascript"),
        ("/telling.js", "telling.js", "text/javascript"),
        ("/storage.js", "storage.js", "text/javascript"),
        ("/claim.js", "claim.js", "text/javascript"),
        ("/statistics.js", "statistics.js", "text/javascript"),
        ("/development.js", "development.js", "text/javascript"),
        ("/waiting.js", "waiting.js", "text/javascript"),
        ("/bounds.js", "bounds.js", "text/javascript"),
        ("/redux.js", "redux.js", "text/javascript"),
        ("/redux-actions.js", "redux-actions.js", "text/javascript"),
        ("/redux-gossip.js", "redux-gossip.js", "text/javascript"),
        ("/redux-link.js", "redux-link.js", "text/javascript"),
        ("/reducers.js", "reducers.js", "text/javascript"),
        ("/pages.js", "pages.js", "text/javascript"), ("/style.css", "style.css", "text/css"),
        ("/primus/primus.js", "primus.js", "text/javascript"),
        ("/primus.js", "primus.js", "text/javascript"),
        ("/offline.js", "offline.js", "text/javascript"),
        ("/worker.js", "worker.js", "text/javascript"), ("/tabs.js", "tabs.js", "text/javascript"),
        ("/log-storage.js", "log-storage.js", "text/javascript"),
        ("/manifest.webmanifest", "manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "icon.svg", "image/svg+xml"),
        ("/strip.css", "strip.css", "text/css"),
        ("/people.js", "people.js", "text/javascript"),
        ("/badge.js", "badge.js", "text/javascript"),
        ("/strip.js", "strip.js", "text/javascript"),
        ("/nameplate.js", "nameplate.js", "text/javascript"),
        ("/present.js", "present.js", "text/javascript"),
        ("/pair.js", "pair.js", "text/javascript"),
        ("/home.js", "home.js", "text/javascript"),
        ("/counter.js", "counter.js", "text/javascript"),
        ("/chat.js", "chat.js", "text/javascript"),
        ("/life.js", "life.js", "text/javascript"),
        ("/board.js", "board.js", "text/javascript"),
        ("/todo.js", "todo.js", "text/javascript"),
        ("/devtools", "devtools.html", "text/html"), ("/devtools.css", "devtools.css", "text/css"),
        ("/devtools.js", "devtools.js", "text/javascript"),
        ("/devtools-access.js", "devtools-access.js", "text/javascript"),
        ("/devtools-bundle.js", "devtools-bundle.js", "text/javascript"),
        ("/devtools-checkpoints.js", "devtools-checkpoints.js", "text/javascript"),
        ("/devtools-compare.js", "devtools-compare.js", "text/javascript"),
        ("/devtools-dom.js", "devtools-dom.js", "text/javascript"),
        ("/devtools-extension.js", "devtools-extension.js", "text/javascript"),
        ("/devtools-lifted.js", "devtools-lifted.js", "text/javascript"),
        ("/devtools-list.js", "devtools-list.js", "text/javascript"),
        ("/devtools-model.js", "devtools-model.js", "text/javascript"),
        ("/devtools-order.js", "devtools-order.js", "text/javascript"),
        ("/devtools-page.js", "devtools-page.js", "text/javascript"),
        ("/devtools-pages.js", "devtools-pages.js", "text/javascript"),
        ("/devtools-values.js", "devtools-values.js", "text/javascript"),
    ]

    @Test("Every file of Web is served as it is, with type, character set and policy")
    func files() async throws {
        try await withRelay { _, address in
            for (path, file, type) in Self.files {
                let answer = try await RawConnection.request(address.port, path)
                #expect(answer.head.hasPrefix("HTTP/1.1 200"), "\(path)")
                let head = answer.head.lowercased()
                #expect(head.contains("content-type: \(type); charset=utf-8"))
                #expect(head.contains("cache-control: no-cache"))
                #expect(head.contains("etag: \""))
                #expect(
                    head.contains(
                        "content-security-policy: default-src 'self'; img-src 'self' data:"))
                // Modules are fetched with CORS, also by a page in a sandboxed frame.
                let isPublic = head.contains("access-control-allow-origin: *")
                #expect(isPublic == (type == "text/javascript"), "\(path)")
                let expected = Fixtures.data("Web/\(file)")
                #expect(Array(answer.body.utf8) == Array(expected), "\(file)")
            }
        }
    }

    @Test(
        "No other site may show the developer tools in a frame; the other pages it may",
        arguments: [("/devtools", true), ("/counter", false), ("/", false)])
    func frames(path: String, isRefused: Bool) async throws {
        try await withRelay { _, address in
            let answer = try await RawConnection.request(address.port, path)
            #expect(answer.head.hasPrefix("HTTP/1.1 200"))
            #expect(answer.head.contains("; frame-ancestors 'self'") == isRefused)
        }
    }

    @Test("A module for the pages is served where there is one, and the policy lets it run")
    func coreModule() async throws {
        let module = Array("\u{0}asm".utf8)
        try await withRelay { _, address in
            let answer = try await RawConnection.request(address.port, "/core.wasm")
            #expect(answer.head.hasPrefix("HTTP/1.1 404"))
        }
        try await withRelay(configure: { $0.coreModule = module }) { _, address in
            let answer = try await RawConnection.request(address.port, "/core.wasm")
            #expect(answer.head.hasPrefix("HTTP/1.1 200"))
            #expect(Array(answer.body.utf8) == module)
            let head = answer.head.lowercased()
            #expect(head.contains("content-type: application/wasm"))
            #expect(head.contains("script-src 'self' 'wasm-unsafe-eval'"))
        }
    }

    @Test("The list of files has the tag that each is served with, built in or the application's")
    func fileList() async throws {
        struct List: Decodable {
            let version: Int
            let files: [String: String]
        }
        let own = ["/app.html": "app", "/style.css": "mine", "/a b.html": "not plain"]
        try await withRelay(configure: {
            $0.coreModule = Array("\u{0}asm".utf8)
            $0.files = own.mapValues { Array($0.utf8) }
        }) { _, address in
            let answer = try await RawConnection.request(address.port, "/files.json")
            let list = try JSONDecoder().decode(List.self, from: Data(answer.body.utf8))
            #expect(list.version == 1)
            for name in Self.files.map({ String($0.path.dropFirst().prefix { $0 != "?" }) })
                + ["core.wasm", "icon-192.png", "icon-512.png", "app", "app.html"]
            {
                let head = try await RawConnection.request(
                    address.port, "/\(name)", method: "HEAD"
                ).head.lowercased()
                let tag = try #require(list.files[name], "\(name)")
                #expect(head.contains("etag: \"\(tag)\""), "\(name)")
            }
            #expect(list.files["statistics"] == nil)
            #expect(!list.files.keys.contains { $0.contains(" ") })
        }
    }

    @Test(
        "Files of the application come first, by their name, with the type of their extension",
        arguments: [
            ("/", "mine", "text/html"), ("/app", "app", "text/html"),
            ("/app.html", "app", "text/html"), ("/sub/", "below", "text/html"),
            ("/style.css", "mine", "text/css"), ("/sub/a.png", "p", "image/png"),
            ("/data", "d", "application/octet-stream"), ("/statistics", "{", "application/json"),
        ])
    func ownFiles(path: String, start: String, type: String) async throws {
        let files = [
            "/index.html": "mine", "/app.html": "app", "/style.css": "mine", "/data": "d",
            "/sub/index.html": "below", "/sub/a.png": "p",
        ]
        try await withRelay(configure: { $0.files = files.mapValues { Array($0.utf8) } }) {
            _, address in
            let answer = try await RawConnection.request(address.port, path)
            #expect(answer.head.hasPrefix("HTTP/1.1 200"))
            #expect(answer.body.hasPrefix(start))
            #expect(answer.head.lowercased().contains("content-type: \(type)"))
            let other = try await RawConnection.request(address.port, "/counter")
            #expect(other.head.hasPrefix("HTTP/1.1 200"), "built-in pages are still there")
        }
    }

    @Test(
        "Requests for anything but pages get their own responses",
        arguments: [
            ("GET", "/nothing", "404"), ("GET", "/primus", "426"), ("GET", "/primus/x", "426"),
            ("GET", "/ws", "426"), ("POST", "/counter", "405"), ("HEAD", "/counter", "200"),
            ("GET", "/../Package.swift", "404"), ("GET", "/healthz", "200"),
            ("GET", "/wsx", "404"),
        ])
    func others(method: String, path: String, status: String) async throws {
        try await withRelay { _, address in
            let answer = try await RawConnection.request(address.port, path, method: method)
            #expect(answer.head.hasPrefix("HTTP/1.1 \(status)"))
            if method == "HEAD" { #expect(answer.body.isEmpty) }
        }
    }

    @Test("No page refers to the root of its server, as it may be served below a path")
    func relativeReferences() {
        for (_, file, _) in Self.files where file.hasSuffix(".html") {
            let text = String(decoding: Fixtures.data("Web/\(file)"), as: UTF8.self)
            for attribute in ["href", "src", "action"] {
                #expect(!text.contains("\(attribute)=\"/"), "\(file)")
            }
        }
    }

    @Test(
        "With a base, pages and sockets are below it and at the root",
        arguments: [
            ("/sb/", "200"), ("/sb/chat?x=1", "200"), ("/chat", "200"), ("/sb/primus/spec", "200"),
            ("/sb/ws", "426"), ("/sb/primus", "426"), ("/sbx", "404"), ("/sb/sb/chat", "404"),
            ("http://h/sb/chat", "200"), ("/sb", "301"), ("/sb?x=1", "301"),
        ])
    func base(target: String, status: String) async throws {
        try await withRelay(configure: { $0.base = "/sb" }) { _, address in
            let answer = try await RawConnection.request(address.port, target)
            #expect(answer.head.hasPrefix("HTTP/1.1 \(status)"))
            guard status == "301" else { return }
            let query = target.drop { $0 != "?" }
            #expect(answer.head.contains("Location: /sb/\(query)\r\n"))
        }
    }

    @Test("With a base, peers dial below it and at the root", arguments: ["/sb", ""])
    func peersBelowBase(path: String) async throws {
        try await withRelay(configure: { $0.base = "/sb" }) { relay, address in
            for scheme in ["http", "ws"] {
                let url = "\(scheme)://127.0.0.1:\(address.port)\(path)"
                try await withPeer(scheme == "ws" ? url + "/ws" : url) { peer in
                    peer.dispatch(scheme)
                    await relay.store.reaches {
                        String(decoding: $0.json, as: UTF8.self).contains("\"\(scheme)\"")
                    }
                }
            }
        }
    }

    @Test("The Primus specification names both time-outs")
    func specification() async throws {
        try await withRelay { _, address in
            let answer = try await RawConnection.request(address.port, "/primus/spec")
            #expect(answer.body.contains("\"timeout\":35000"))
            #expect(answer.body.contains("\"pingInterval\":30000"))
            // A page of the original is mostly served elsewhere.
            #expect(answer.head.lowercased().contains("access-control-allow-origin: *"))
        }
    }

    @Test("Statistics count lines, links, actions and sources")
    func statistics() async throws {
        try await withRelay { relay, address in
            let health = try await RawConnection.request(address.port, "/healthz").body
            #expect(health.hasPrefix("{\"status\":\"ok\""))
            try await withPeer(address.ws) { peer in
                peer.dispatch("A")
                await relay.store.reaches { $0.log.count == 1 }
                let text = try await RawConnection.request(address.port, "/statistics").body
                let answer = try JSONSerialization.jsonObject(with: Data(text.utf8))
                let numbers = try #require(answer as? [String: Any])
                #expect(numbers["connected"] as? Int == 1)
                #expect(numbers["actions"] as? Int == 1)
                #expect(numbers["sources"] as? Int == 1)
                // A probe, header, SYNC, one action and the probe behind it came; header, SYNC and
                // the answers went.
                #expect(numbers["received"] as? Int == 5)
                #expect(numbers["sent"] as? Int == 4)
            }
        }
    }

    @Test("A port in use is a clear error")
    func portTaken() async throws {
        try await withRelay { _, address in
            for isTCP in [false, true] {
                let error = await #expect(throws: LinkError.self) {
                    try await withRelay(
                        configure: {
                            if isTCP {
                                $0.tcpPort = address.tcpPort
                            } else {
                                $0.port = address.port
                            }
                        }, { _, _ in })
                }
                #expect(error?.code == .addressInUse)
            }
        }
    }

    @Test("A silent connection does not outlive the relay")
    func silentConnection() async throws {
        try await withRelay { relay, address in
            try await RawConnection.run(address.port) { client in
                // The answer shows that an earlier connection has been accepted, too.
                _ = try await RawConnection.request(address.port, "/healthz")
                try await client.say("GET / HT")
            }
        }
    }
}
