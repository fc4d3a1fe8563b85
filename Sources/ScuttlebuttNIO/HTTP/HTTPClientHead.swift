// SPDX-License-Identifier: MIT

import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension PeerAddress {
    /// The headers of every request to this address, with `own` in place of those of the same name.
    ///
    /// They are what a browser would send: proxies route by the name in `Host`, and some refuse
    /// clients that do not say who they are.
    func headers(_ own: HTTPHeaders) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Host": hostHeader, "User-Agent": "swift-scuttlebutt"]
        if let userInformation {
            let text = Data(userInformation.utf8).base64EncodedString()
            headers.add(name: "Authorization", value: "Basic \(text)")
        }
        return headers.replacing(with: own)
    }

    /// The headers of an upgrade; see ``headers(_:)``.
    func upgradeHeaders(_ own: HTTPHeaders) -> HTTPHeaders {
        let origin: HTTPHeaders = [
            "Origin": "\(scheme.isSecure ? "https" : "http")://\(hostHeader)"
        ]
        return headers([:]).replacing(with: origin).replacing(with: own)
    }

    /// The host, and the port unless it is the one of the scheme (RFC 9110, 7.2).
    private var hostHeader: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == (scheme.isSecure ? 443 : 80) ? host : "\(host):\(port)"
    }
}

extension HTTPHeaders {
    fileprivate func replacing(with others: HTTPHeaders) -> HTTPHeaders {
        var headers = self
        for (name, _) in others { headers.remove(name: name) }
        headers.add(contentsOf: others)
        return headers
    }
}
