// SPDX-License-Identifier: MIT
import Foundation

/// One line of a file that breaks a rule.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// One thing that the sources keep to, checked on one file at a time.
struct Rule: Sendable, CustomStringConvertible {
    /// A sentence that says what holds.
    let name: String
    let check: @Sendable (SourceFile) -> [Violation]

    var description: String { name }
}

extension Rule {
    /// The text that a pattern is looked for in.
    enum Scope: Sendable {
        /// Swift without its comments and the contents of its literals.
        case code
        /// Everything.
        case text
    }

    /// A rule that no match of a regular expression breaks, except where `unless` holds.
    static func ban(
        _ pattern: String, in scope: Scope, _ name: String,
        where applies: @escaping @Sendable (SourceFile) -> Bool,
        unless: @escaping @Sendable (SourceFile, _ line: Int) -> Bool = { _, _ in false }
    ) -> Rule {
        let search = Pattern(pattern)
        return Rule(name: name) { file in
            guard applies(file) else { return [] }
            let text = scope == .code ? file.code : file.text
            return search.matches(in: text)
                .filter { !unless(file, $0.line) }
                .map { Violation(path: file.path, line: $0.line, message: "\(name): \($0.text)") }
        }
    }
}

/// A regular expression whose matches know their lines.
struct Pattern: Sendable {
    struct Match: Sendable {
        /// From 1.
        let line: Int
        let text: String
        /// The first group, where the expression has one.
        let group: String?
    }

    private let expression: NSRegularExpression?

    /// Makes a pattern; one that does not compile matches nothing, which the planted violations of
    /// `RuleTests` would show.
    init(_ pattern: String) {
        expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
    }

    func matches(in text: String) -> [Match] {
        let whole = text as NSString
        var line = 1
        var counted = 0
        let range = NSRange(location: 0, length: whole.length)
        return (expression?.matches(in: text, range: range) ?? []).map { result in
            let between = NSRange(location: counted, length: result.range.location - counted)
            line += whole.substring(with: between).utf8.count { $0 == UInt8(ascii: "\n") }
            counted = result.range.location
            let group =
                result.numberOfRanges > 1
                ? result.range(at: 1) : NSRange(location: NSNotFound, length: 0)
            return Match(
                line: line,
                text: whole.substring(with: result.range).trimmingCharacters(
                    in: .whitespacesAndNewlines),
                group: group.location == NSNotFound ? nil : whole.substring(with: group))
        }
    }
}
