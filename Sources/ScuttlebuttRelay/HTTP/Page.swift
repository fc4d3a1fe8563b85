// SPDX-License-Identifier: MIT

/// A file of `Web/` as it is served, embedded in the binary.
struct Page: Sendable {
    let bytes: [UInt8]
    let type: String
    /// The entity tag of a file, which changes with every byte; `nil` for what each request makes.
    let tag: String?

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

    /// All files by their request path.
    static let all: [String: Page] = [
        "/": html(PackageResources.index_html),
        "/counter": html(PackageResources.counter_html),
        "/chat": html(PackageResources.chat_html),
        "/life": html(PackageResources.life_html),
        "/scuttlebutt.js": script(PackageResources.scuttlebutt_js),
        "/core.js": script(PackageResources.core_js),
        "/reducers.js": script(PackageResources.reducers_js),
        "/pages.js": script(PackageResources.pages_js),
        "/primus/primus.js": script(PackageResources.primus_js),
        "/style.css": Page(
            file: PackageResources.style_css, type: "text/css; charset=utf-8"),
    ]
}
