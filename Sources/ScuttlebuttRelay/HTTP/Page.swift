// SPDX-License-Identifier: MIT

/// A file of `Web/` as it is served, embedded in the binary.
struct Page: Sendable {
    let bytes: [UInt8]
    let type: String

    private static func html(_ bytes: [UInt8]) -> Page {
        Page(bytes: bytes, type: "text/html; charset=utf-8")
    }

    private static func script(_ bytes: [UInt8]) -> Page {
        Page(bytes: bytes, type: "text/javascript; charset=utf-8")
    }

    /// All files by their request path.
    static let all: [String: Page] = [
        "/": html(PackageResources.index_html),
        "/counter": html(PackageResources.counter_html),
        "/chat": html(PackageResources.chat_html),
        "/life": html(PackageResources.life_html),
        "/scuttlebutt.js": script(PackageResources.scuttlebutt_js),
        "/reducers.js": script(PackageResources.reducers_js),
        "/pages.js": script(PackageResources.pages_js),
        "/primus/primus.js": script(PackageResources.primus_js),
        "/style.css": Page(
            bytes: PackageResources.style_css, type: "text/css; charset=utf-8"),
    ]
}
