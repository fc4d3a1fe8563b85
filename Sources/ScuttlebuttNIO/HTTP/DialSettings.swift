// SPDX-License-Identifier: MIT

public import NIOHTTP1
public import NIOSSL
import ScuttlebuttRuntime

/// What a client brings along when it dials over HTTP: whom it trusts, and what it says of itself.
public struct DialSettings: Sendable {
    /// The configuration for `wss` and `https`.
    ///
    /// Default `nil`: certificates are checked against the system's trust roots.
    public var tls: TLSConfiguration?
    /// Headers for every request, such as `Authorization`; they replace those of the same name.
    ///
    /// They are secrets: no message or log shows them. Default none.
    public private(set) var headers = HTTPHeaders()

    /// Creates settings without headers.
    public init(tls: TLSConfiguration? = nil) { self.tls = tls }

    /// Adds a header.
    ///
    /// - Parameter line: `Name: value`.
    /// - Throws: `LinkError` `.badAddress` if it is not a header, or one that belongs to the
    ///   connection itself, such as `Host` or `Upgrade`. The message does not show the value.
    public mutating func add(header line: String) throws {
        guard let colon = line.firstIndex(of: ":") else {
            throw LinkError(.badAddress, "a header must be 'Name: value'")
        }
        let name = String(line[..<colon])
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
            throw LinkError(
                .badAddress, "the name of a header must be letters, digits and hyphens")
        }
        let own = name.lowercased()
        guard !Self.reserved.contains(own), !own.hasPrefix("sec-websocket-") else {
            throw LinkError(.badAddress, "the header '\(name)' belongs to the connection")
        }
        let value = Self.trimmed(line[line.index(after: colon)...])
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw LinkError(
                .badAddress, "the value of the header '\(name)' contains a control character")
        }
        headers.add(name: name, value: value)
    }

    /// Reads PEM certificates of authorities to trust.
    ///
    /// - Parameters:
    ///   - path: A file of one or more certificates.
    ///   - replacesSystem: Whether only these are trusted; otherwise the system's are as well.
    /// - Throws: `LinkError` `.badAddress` if the file cannot be read or has no certificate.
    public mutating func trust(authoritiesIn path: String, replacesSystem: Bool = false) throws {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw LinkError(
                .badAddress, "cannot read certificates from \(path): is it there, and in PEM form?")
        }
        guard !certificates.isEmpty else {
            throw LinkError(.badAddress, "there are no PEM certificates in \(path)")
        }
        var configuration = tls ?? .makeClientConfiguration()
        if replacesSystem {
            configuration.trustRoots = .certificates(certificates)
        } else {
            configuration.additionalTrustRoots.append(.certificates(certificates))
        }
        tls = configuration
    }

    /// What the transport itself says; a second value would break the connection or a proxy's view
    /// of it.
    private static let reserved: Set = [
        "host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "trailer",
        "keep-alive", "expect",
    ]

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// Whether a byte may stand in the name of a header (RFC 9110, `token`).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
