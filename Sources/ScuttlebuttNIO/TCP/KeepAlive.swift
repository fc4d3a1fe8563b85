// SPDX-License-Identifier: MIT

import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The kernel's probes of an idle TCP connection, which find a machine that has lost its power or
/// its network, even if the peer is an original that answers no probes of ours.
///
/// By default kernels wait two hours. These numbers find it within 40 s: 20 s of silence, then four
/// probes 5 s apart.
enum KeepAlive {
    private static let settings: [(name: CInt, value: Int)] = {
        #if canImport(Darwin)
            [(CInt(TCP_KEEPALIVE), 20), (CInt(TCP_KEEPINTVL), 5), (CInt(TCP_KEEPCNT), 4)]
        #else
            [(CInt(TCP_KEEPIDLE), 20), (CInt(TCP_KEEPINTVL), 5), (CInt(TCP_KEEPCNT), 4)]
        #endif
    }()

    /// Sets the times on a channel whose keep-alive is on; called on its event loop.
    ///
    /// A kernel that refuses keeps its own times.
    static func tune(_ channel: any Channel) {
        for setting in settings {
            let option = ChannelOptions.Types.SocketOption(
                level: .tcp, name: NIOBSDSocket.Option(rawValue: setting.name))
            try? channel.syncOptions?.setOption(option, value: setting.value)
        }
    }
}
