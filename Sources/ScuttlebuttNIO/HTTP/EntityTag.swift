// SPDX-License-Identifier: MIT

import NIOHTTP1

/// Whether a client has what it asks for already (RFC 9110, 13.1.2).
enum EntityTag {
    /// Whether one of the tags in `If-None-Match` is `tag`, compared weakly.
    ///
    /// Proxies that compress an answer change its tag, and return the changed one: nginx and Caddy
    /// make it weak, Apache appends `-gzip`.
    static func isKnown(_ tag: String, to headers: HTTPHeaders) -> Bool {
        guard let wanted = opaque(tag[...]) else { return false }
        return headers["If-None-Match"].contains { list in
            list.split(separator: ",").contains { entry in
                let entry = trimmed(entry)
                return entry == "*" || opaque(entry) == wanted
            }
        }
    }

    /// What is between the quotes, as the server has written it.
    private static func opaque(_ tag: Substring) -> Substring? {
        var tag = tag
        if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
        guard tag.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\"") else { return nil }
        tag = tag.dropFirst().dropLast()
        for suffix in ["-gzip", "-br"] where tag.hasSuffix(suffix) {
            return tag.dropLast(suffix.count)
        }
        return tag
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

extension HTTPAnswer {
    /// 304 without a body, if this is what the client of `request` has.
    func unlessKnown(to request: HTTPRequestHead) -> HTTPAnswer {
        guard status == .ok, request.method == .GET || request.method == .HEAD,
            let tag = headers.first(name: "ETag"), EntityTag.isKnown(tag, to: request.headers)
        else { return self }
        var answer = HTTPAnswer(.notModified, headers: headers)
        answer.headers.remove(name: "Content-Type")
        return answer
    }
}
