// SPDX-License-Identifier: MIT

/// Sentences for people that say more than is known when they are written.
///
/// In a module for a page, joining texts would cost a twentieth of its size; there they say less.
enum Wording {
    /// Returns the detailed sentence, or under Embedded Swift the plain one.
    @inline(__always)
    static func text(_ plain: String, _ detailed: @autoclosure () -> String) -> String {
        #if hasFeature(Embedded)
            plain
        #else
            detailed()
        #endif
    }
}
