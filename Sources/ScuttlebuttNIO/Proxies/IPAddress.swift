// SPDX-License-Identifier: MIT

import NIOCore

/// The bytes of an IP address, 4 or 16; an IPv4 address within IPv6 counts as IPv4.
struct IPAddress: Hashable, Sendable {
    let bytes: [UInt8]

    /// The address of a socket, or `nil` if it has none.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            // Family, port and address, on every system.
            bytes = withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
        case .v6(let address):
            // Family, port, flow and address.
            let all = withUnsafeBytes(of: address.address) { Array($0[8..<24]) }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            bytes = all.starts(with: mapped) ? Array(all.suffix(4)) : all
        case .unixDomainSocket, nil:
            return nil
        }
    }

    /// Parses an address without brackets and port.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        self.init(try? SocketAddress(ipAddress: String(text), port: 0))
    }

    /// What one user of the network is likely to have: the address, or the first 64 bits for IPv6.
    var network: IPAddress { bytes.count == 16 ? IPAddress(Array(bytes.prefix(8))) : self }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }
}
