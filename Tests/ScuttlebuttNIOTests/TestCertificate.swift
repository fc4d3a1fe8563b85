// SPDX-License-Identifier: MIT

import NIOSSL

/// A certificate for `localhost` and 127.0.0.1 that signs itself; good for these tests only.
enum TestCertificate {
    static func server() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: [.certificate(try certificate())],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
    }

    static func client() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try certificate()])
        return configuration
    }

    private static func certificate() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem)
    }

    static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUUUIeF83r00Glb85UeDHOlv9sXKowCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA2NTQ1MloYDzIxMjYxMDI4
        MDY1NDUyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQGpm+5O2wt+Un44LDCOfHJHbvX44INGiK6Q59hktVxe++Pe6qh6BQM
        VCAV0KAUS5a5WWoBkORXOXeDj3B4DMi9o28wbTAdBgNVHQ4EFgQUgvFV2p70OQCN
        7revIiLvj7AxYfYwHwYDVR0jBBgwFoAUgvFV2p70OQCN7revIiLvj7AxYfYwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIhAPgVteFeo8+63LG+WSF4IYryeZ5db+674/9Kt3HLOdYuAiAZ
        RBjjAwOSfMccbeox2HMiF5r07Pk4BBjXfUfKFUT+7Q==
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgY7LCWFezRZFElSYP
        k1Om9vanFvHufOoVjbl6Rxs9pUahRANCAAQGpm+5O2wt+Un44LDCOfHJHbvX44IN
        GiK6Q59hktVxe++Pe6qh6BQMVCAV0KAUS5a5WWoBkORXOXeDj3B4DMi9
        -----END PRIVATE KEY-----
        """
}
