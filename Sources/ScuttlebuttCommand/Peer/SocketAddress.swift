// SPDX-License-Identifier: MIT

import ArgumentParser

/// Host and port as `--listen` and `--connect` take them.
struct SocketAddress: ExpressibleByArgument, Equatable {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `PORT` or `HOST:PORT`, an IPv6 address in brackets; the host is 127.0.0.1 if none.
    init?(argument: String) {
        let portText: Substring
        if let colon = argument.lastIndex(of: ":") {
            var host = argument[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            self.host = String(host)
            portText = argument[argument.index(after: colon)...]
        } else {
            host = "127.0.0.1"
            portText = argument[...]
        }
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = Int(portText), (0...65_535).contains(port)
        else { return nil }
        self.port = port
    }

    /// As it stands in an address.
    var text: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
