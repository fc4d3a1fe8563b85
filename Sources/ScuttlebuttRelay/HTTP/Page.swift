// SPDX-License-Identifier: MIT

/// A file of `Web/` as it is served, embedded in the binary.
struct Page: Sendable {
    let bytes: [UInt8]
    let type: String
    /// The entity tag of a file, which changes with every byte; `nil` for what each request makes.
    let tag: String?

    /// Whether pages of every origin may use it: scripts, and the core for them.
    var isPublic: Bool { type.hasPrefix("text/javascript") || type == "application/wasm" }

    init(made bytes: [UInt8], type: String) {
        self.bytes = bytes
        self.type = type
        tag = nil
    }

    private init(file bytes: [UInt8], type: String) {
        self.bytes = bytes
        self.type = type
        tag = "\"\(String(Page.fingerprint(bytes), radix: 16))-\(bytes.count)\""
    }

    /// The core for the pages, which is no part of the binary.
    init(module bytes: [UInt8]) {
        self.init(file: bytes, type: "application/wasm")
    }

    /// Files of the application by the paths at which they are found: `/a.html` at `/a` too, and
    /// `/index.html` at `/`.
    static func pages(of files: [String: [UInt8]]) -> [String: Page] {
        var pages: [String: Page] = [:]
        for (path, bytes) in files {
            let page = Page(file: bytes, type: type(of: path))
            pages[path] = page
            guard path.hasSuffix(".html") else { continue }
            let name = String(path.dropLast(".html".count))
            pages[name] = page
            if name.hasSuffix("/index") { pages[String(name.dropLast("index".count))] = page }
        }
        return pages
    }

    /// The media type of a file, from its extension.
    private static func type(of path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return "application/octet-stream" }
        return switch path[dot...] {
        case ".html": "text/html; charset=utf-8"
        case ".js", ".mjs": "text/javascript; charset=utf-8"
        case ".css": "text/css; charset=utf-8"
        case ".json": "application/json; charset=utf-8"
        case ".webmanifest": "application/manifest+json; charset=utf-8"
        case ".txt", ".md", ".ts": "text/plain; charset=utf-8"
        case ".wasm": "application/wasm"
        case ".svg": "image/svg+xml"
        case ".png": "image/png"
        case ".jpg", ".jpeg": "image/jpeg"
        case ".ico": "image/x-icon"
        case ".woff2": "font/woff2"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a of 64 bits: enough to tell versions of our own files apart.
    private static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func html(_ bytes: [UInt8]) -> Page {
        Page(file: bytes, type: "text/html; charset=utf-8")
    }

    private static func script(_ bytes: [UInt8]) -> Page {
        Page(file: bytes, type: "text/javascript; charset=utf-8")
    }

    private static func style(_ bytes: [UInt8]) -> Page {
        Page(file: bytes, type: "text/css; charset=utf-8")
    }

    /// All files by their request path.
    static let all: [String: Page] = [
        "/": html(PackageResources.index_html),
        "/counter": html(PackageResources.counter_html),
        "/chat": html(PackageResources.chat_html),
        "/life": html(PackageResources.life_html),
        "/board": html(PackageResources.board_html),
        "/todo": html(PackageResources.todo_html),
        "/devtools": html(PackageResources.devtools_html),
        "/scuttlebutt.js": script(PackageResources.scuttlebutt_js),
        "/peer.js": script(PackageResources.peer_js),
        "/core.js": script(PackageResources.core_js),
        "/link.js": script(PackageResources.link_js),
        "/opening.js": script(PackageResources.opening_js),
        "/together.js": script(PackageResources.together_js),
        "/presence.js": script(PackageResources.presence_js),
        "/telling.js": script(PackageResources.telling_js),
        "/saving.js": script(PackageResources.saving_js),
        "/storage.js": script(PackageResources.storage_js),
        "/claim.js": script(PackageResources.claim_js),
        "/statistics.js": script(PackageResources.statistics_js),
        "/development.js": script(PackageResources.development_js),
        "/waiting.js": script(PackageResources.waiting_js),
        "/bounds.js": script(PackageResources.bounds_js),
        "/redux.js": script(PackageResources.redux_js),
        "/redux-actions.js": script(PackageResources.redux_actions_js),
        "/redux-gossip.js": script(PackageResources.redux_gossip_js),
        "/redux-link.js": script(PackageResources.redux_link_js),
        "/reducers.js": script(PackageResources.reducers_js),
        "/pages.js": script(PackageResources.pages_js),
        "/people.js": script(PackageResources.people_js),
        "/badge.js": script(PackageResources.badge_js),
        "/strip.js": script(PackageResources.strip_js),
        "/nameplate.js": script(PackageResources.nameplate_js),
        "/present.js": script(PackageResources.present_js),
        "/pair.js": script(PackageResources.pair_js),
        "/home.js": script(PackageResources.home_js),
        "/counter.js": script(PackageResources.counter_js),
        "/chat.js": script(PackageResources.chat_js),
        "/life.js": script(PackageResources.life_js),
        "/board.js": script(PackageResources.board_js),
        "/todo.js": script(PackageResources.todo_js),
        "/devtools.js": script(PackageResources.devtools_js),
        "/devtools-access.js": script(PackageResources.devtools_access_js),
        "/devtools-bundle.js": script(PackageResources.devtools_bundle_js),
        "/devtools-checkpoints.js": script(PackageResources.devtools_checkpoints_js),
        "/devtools-compare.js": script(PackageResources.devtools_compare_js),
        "/devtools-dom.js": script(PackageResources.devtools_dom_js),
        "/devtools-extension.js": script(PackageResources.devtools_extension_js),
        "/devtools-lifted.js": script(PackageResources.devtools_lifted_js),
        "/devtools-list.js": script(PackageResources.devtools_list_js),
        "/devtools-model.js": script(PackageResources.devtools_model_js),
        "/devtools-order.js": script(PackageResources.devtools_order_js),
        "/devtools-page.js": script(PackageResources.devtools_page_js),
        "/devtools-pages.js": script(PackageResources.devtools_pages_js),
        "/devtools-values.js": script(PackageResources.devtools_values_js),
        "/primus/primus.js": script(PackageResources.primus_js),
        // `redux.js` loads it from its own folder if the page has no Primus.
        "/primus.js": script(PackageResources.primus_js),
        "/offline.js": script(PackageResources.offline_js),
        "/worker.js": script(PackageResources.worker_js),
        "/tabs.js": script(PackageResources.tabs_js),
        "/log-storage.js": script(PackageResources.log_storage_js),
        "/manifest.webmanifest": Page(
            file: PackageResources.manifest_webmanifest,
            type: "application/manifest+json; charset=utf-8"),
        "/icon.svg": Page(
            file: PackageResources.icon_svg, type: "image/svg+xml; charset=utf-8"),
        "/icon-192.png": Page(file: PackageResources.icon_192_png, type: "image/png"),
        "/icon-512.png": Page(file: PackageResources.icon_512_png, type: "image/png"),
        "/style.css": style(PackageResources.style_css),
        "/strip.css": style(PackageResources.strip_css),
        "/devtools.css": style(PackageResources.devtools_css),
    ]

    /// The list that `worker.js` keeps files by, as JSON: the name of each file, relative to the
    /// list, and its tag without quotation marks.
    ///
    /// Files whose names have other characters than letters, digits and `.`, `_`, `~`, `-` are left
    /// out; they are not kept.
    ///
    /// - Parameters:
    ///   - own: The application's own pages, which come before the built-in ones.
    ///   - module: What is served at `/core.wasm`, if anything is.
    static func list(own: [String: Page], module: Page?) -> [UInt8] {
        var pages = all
        pages["/core.wasm"] = module
        pages.merge(own) { _, own in own }
        let lines = pages.compactMap { path, page -> String? in
            guard let tag = page.tag, path.utf8.allSatisfy(isPlain) else { return nil }
            return "\"\(path.dropFirst())\":\"\(tag.dropFirst().dropLast())\""
        }
        return Array("{\"version\":1,\"files\":{\(lines.sorted().joined(separator: ","))}}".utf8)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "-"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
