// SPDX-License-Identifier: MIT

/// One entry of a `Sec-WebSocket-Extensions` header (RFC 6455, section 9.1).
struct WebSocketExtension: Hashable, Sendable {
    /// A parameter, of which the value may be absent.
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String?
    }

    let name: String
    let parameters: [Parameter]

    /// Reads the entries of all headers of that name, in order.
    ///
    /// - Returns: `nil` if they break the rules of the header.
    /// - Complexity: O(bytes).
    static func list(_ headers: [String]) -> [WebSocketExtension]? {
        var list: [WebSocketExtension] = []
        for header in headers {
            var reader = Reader(rest: Array(header.utf8)[...])
            repeat {
                reader.skipSpace()
                // A list may have empty elements (RFC 9110, section 5.6.1).
                if reader.isAtEnd || reader.isNext(",") { continue }
                guard let entry = reader.entry() else { return nil }
                list.append(entry)
            } while reader.take(",")
            guard reader.isAtEnd else { return nil }
        }
        return list
    }

    /// Takes the parts of a header from its front.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        func isNext(_ character: Unicode.Scalar) -> Bool {
            rest.first == UInt8(ascii: character)
        }

        mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

        /// Takes a character, and the spaces around it.
        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard isNext(character) else { return false }
            rest = rest.dropFirst()
            skipSpace()
            return true
        }

        mutating func token() -> String? {
            let token = rest.prefix { DialSettings.isTokenByte($0) }
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
        }

        /// What is quoted must be a token too.
        mutating func quotedToken() -> String? {
            var token: [UInt8] = []
            while var byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") {
                    return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
                }
                if byte == UInt8(ascii: "\\") {
                    guard let escaped = rest.popFirst() else { return nil }
                    byte = escaped
                }
                guard DialSettings.isTokenByte(byte) else { return nil }
                token.append(byte)
            }
            return nil
        }

        mutating func entry() -> WebSocketExtension? {
            guard let name = token() else { return nil }
            var parameters: [Parameter] = []
            while take(";") {
                guard let name = token() else { return nil }
                guard take("=") else {
                    parameters.append(Parameter(name: name, value: nil))
                    continue
                }
                let isQuoted = isNext("\"")
                if isQuoted { rest = rest.dropFirst() }
                guard let value = isQuoted ? quotedToken() : token() else { return nil }
                parameters.append(Parameter(name: name, value: value))
            }
            return WebSocketExtension(name: name, parameters: parameters)
        }
    }
}
