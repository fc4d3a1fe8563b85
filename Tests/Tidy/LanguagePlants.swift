// SPDX-License-Identifier: MIT

extension RuleTests {
    private static let relay = "Sources/ScuttlebuttRelay/Relay.swift"

    static let languageViolations: [Plant] = [
        Plant(
            "An initialiser is documented", relay, "\n    /// Makes a relay.\n    public init() {}",
            breaksLine: 2),
        Plant(
            "An initialiser is documented", relay,
            "/// Makes a relay.\n///\n/// - Parameter a: A.\n@inlinable\ninit?(a: Int) {}",
            breaksLine: 1),
        Plant("A comment or message avoids", relay, "\n// Counting is dear.", breaksLine: 2),
        Plant(
            "A comment or message avoids", relay, #"let text = "70000 is no port""#,
            breaksLine: 1),
        Plant(
            "A public type is in", relay, "public struct Relay {}\n\npublic enum Kind {}",
            breaksLine: 3),
        Plant(
            "A public type is in", "Sources/Redux/Store+Binding.swift", "public struct Store {}",
            breaksLine: 1),
    ]

    static let languageAllowed: [Plant] = [
        Plant(
            "An initialiser is documented", relay, "/// Makes updates durable.\nfunc flush() {}",
            breaksLine: nil),
        Plant("A comment or message avoids", relay, "let dear = 1", breaksLine: nil),
        Plant(
            "A comment or message avoids", "Sources/Scuttlebutt/Log/A.swift", "// dear",
            breaksLine: nil),
        Plant(
            "A public type is in", relay,
            "public final class Relay {\n    public struct Part {}\n}\n\nstruct Other {}",
            breaksLine: nil),
    ]
}
