// SPDX-License-Identifier: MIT

/// Formats numbers and text for SVG.
enum ChartText {
    /// Formats a number with at most two decimals.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "0" }
        let hundredths = Int((value * 100).rounded())
        return String(decoding: Answer.number(Double(hundredths) / 100), as: UTF8.self)
    }

    /// Escapes the characters that are special in XML text.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }
}
