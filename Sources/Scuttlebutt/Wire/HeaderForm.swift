// SPDX-License-Identifier: MIT

/// The two forms of the header, which depend on the transport.
public enum HeaderForm: Hashable, Sendable {
    /// `{"id":…,"clock":{…}}`, on TCP.
    case upstream
    /// `{"id":…,"start":0,"clock":{…}}`, which always includes the sender's source, on Primus and
    /// WebSocket.
    case fork
}
