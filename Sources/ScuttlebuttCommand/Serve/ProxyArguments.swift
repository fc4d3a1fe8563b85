// SPDX-License-Identifier: MIT

public import ArgumentParser
public import ScuttlebuttNIO
import ScuttlebuttRuntime

/// The options of a server that stands behind proxies.
struct ProxyArguments: ParsableArguments {
    @Option(
        name: .customLong("trust-proxy"),
        help: ArgumentHelp(
            "Proxy that is believed when it says for whom it connects, e.g. 127.0.0.1 or "
                + "10.0.0.0/8. Repeatable.", valueName: "address[/bits]"),
        transform: { text in
            do { return try AddressRange(text) } catch let error as LinkError {
                throw ValidationError(error.message)
            }
        })
    var proxies: [AddressRange] = []

    @Option(
        name: .customLong("trust-header"),
        help: "Header in which the proxies say it.")
    var header = ProxyTrust.Header.xForwardedFor

    @Flag(
        help: ArgumentHelp(
            "Expect the PROXY protocol (version 1 or 2) at the start of every connection, "
                + "of --trust-proxy only if given."))
    var proxyProtocol = false

    /// What the options say.
    var trust: ProxyTrust {
        var trust = ProxyTrust()
        trust.proxies = proxies
        trust.header = header
        trust.expectsProxyProtocol = proxyProtocol
        return trust
    }
}

extension ProxyTrust.Header: ExpressibleByArgument {}
