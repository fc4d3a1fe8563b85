// SPDX-License-Identifier: MIT

import ArgumentParser

/// A host and port, as given to `--listen` and `--connect`.
struct SocketAddress: Equatable {
    let host: String
    let port: Int

    /// The address as text, with an IPv6 host in brackets.
    var text: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

extension SocketAddress: ExpressibleByArgument {
    /// Parses `tcp://HOST:PORT`, `PORT` or `HOST:PORT`, with an IPv6 address in brackets; the
    /// default host is 127.0.0.1.
    init?(argument: String) {
        let argument = argument.hasPrefix("tcp://") ? String(argument.dropFirst(6)) : argument
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
}
