// SPDX-License-Identifier: MIT
import Foundation

extension Rule {
    /// Everything that is checked.
    static let all =
        pureTargets + everywhereInSources + waiting + wholeRepository + references
        + Language.rules

    private static let pureTargets: [Rule] = [
        .ban(
            #"^[ \t]*(?:@\w+[ \t]+)*(?:\w+[ \t]+)?import[ \t]+(?:\w+[ \t]+)?"#
                + #"(?:Foundation|NIO|Synchronization|Dispatch)\w*"#, in: .code,
            "A pure target imports no Foundation, NIO or Synchronization",
            where: isPure),
        .ban(
            #"\bTask\s*(?:<[^>]*>)?\s*(?:\.\s*detached\s*)?[{(]"#, in: .code,
            "A pure target starts no task", where: isPure),
        .ban(
            #"\bDate\(|\.now\b|\b(?:Continuous|Suspending)Clock\b"#, in: .code,
            "A pure target reads no clock", where: isPure),
        .ban(
            #"\.(?:random|shuffled?|randomElement)\((?!\s*(?:[^()]|\([^()]*\))*\busing:)"#
                + #"|\bSystemRandomNumberGenerator\("#, in: .code,
            "A pure target draws no random number that it was not given", where: isPure),
        layering,
        .ban(
            #"\b(?:UpdateLog|Session|VersionVector|Replica|Digest|Delta)\b"#, in: .code,
            "Redux knows of Scuttlebutt only the vocabulary of stamps",
            where: { $0.target == "Redux" && $0.isSwift }),
    ]

    private static let everywhereInSources: [Rule] = [
        .ban(
            #"(?<!func )(?<![\w.])(?:debugPrint|print|dump)\("#, in: .code,
            "Only the command prints",
            where: { inSources($0) && $0.target != "ScuttlebuttCommand" }),
        .ban(#"\btry!"#, in: .code, "No forced try", where: inSources),
        .ban(
            #"\bfatalError\("#, in: .code,
            "A broken promise is a preconditionFailure, not a fatalError", where: inSources),
        .ban(
            #"@unchecked\s+Sendable|nonisolated\(unsafe\)"#, in: .code,
            "Unchecked sharing has a comment with the word 'proof' beside it or above it",
            where: inSources, unless: { $0.hasRemark(#"\bproof\b"#, at: $1) }),
        .ban(
            #"\b(?:struct|class|enum|protocol|actor|typealias)\s+"#
                + #"(?:\w*(?:Manager|Helper|Utils?)|Clock)\b"#,
            in: .code, "No type is named Clock, or a Manager, Helper or Util", where: inSources),
    ]

    private static let wholeRepository: [Rule] = [
        .ban("FIX" + "ME", in: .text, "What is broken is mended, not marked", where: isWrittenCode),
        .ban(
            "TO" + #"DO\b(?!.*#\d)"#, in: .text, "A thing to do names its issue",
            where: isWrittenCode),
        .ban(
            #"(?<![\w.~])/(?:work|farm|root|home/\w+|Users/\w+|tmp/(?:lab|dev))(?=/)"#, in: .text,
            "No path of somebody's machine",
            where: { $0.path != ".ci/run" }),
        licence, length, width, drawers, testNames,
    ]
}

extension Rule {
    @Sendable private static func isPure(_ file: SourceFile) -> Bool {
        file.isSwift && Layering.pure.contains(file.target ?? "")
    }

    @Sendable private static func inSources(_ file: SourceFile) -> Bool {
        file.isSwift && file.target != nil
    }

    @Sendable private static func isWrittenCode(_ file: SourceFile) -> Bool {
        !file.path.hasSuffix(".md") && file.target != nil
            || ["Examples", "Web", "Wasm", "Tests", "dev"].contains(file.folders.first)
    }

    private static let imports = Pattern(
        #"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"#
            + #"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)"#)

    private static let layering = Rule(name: "A target imports only what stands below it") { file in
        guard inSources(file), let target = file.target else { return [] }
        guard let layer = Layering.layers[target] else {
            let message = "the target \(target) has no line in the table of Layering.swift"
            return [Violation(path: file.path, line: 1, message: message)]
        }
        return imports.matches(in: file.code).compactMap { match in
            guard let module = match.group, !layer.allows(module) else { return nil }
            return Violation(
                path: file.path, line: match.line, message: "\(target) may not import \(module)")
        }
    }

    private static let licence = Rule(name: "Each file says its licence in its first line") {
        file in
        let kinds = ["swift", "c", "h", "js", "mjs"]
        guard kinds.contains(file.name.split(separator: ".").last.map(String.init) ?? "") else {
            return []
        }
        // A manifest must begin with the version of its tools.
        let first = file.lines.first { !$0.hasPrefix("// swift-tools-version") } ?? ""
        guard first != "// SPDX-License-Identifier: MIT" else { return [] }
        let message = "the first line is not '// SPDX-License-Identifier: MIT'"
        return [Violation(path: file.path, line: 1, message: message)]
    }

    private static let length = Rule(name: "A file has at most 600 lines, or says why") { file in
        guard !file.path.hasSuffix(".md"), file.lines.count > 601,
            !file.text.contains("Over 600 lines because")
        else { return [] }
        let message = "\(file.lines.count) lines; split it, or write 'Over 600 lines because …'"
        return [Violation(path: file.path, line: 601, message: message)]
    }

    private static let width = Rule(name: "A line of Swift has at most 100 columns") { file in
        guard file.isSwift else { return [] }
        return file.lines.enumerated().filter { $1.count > 100 }.map { index, line in
            Violation(path: file.path, line: index + 1, message: "\(line.count) columns")
        }
    }

    private static let drawers = Rule(name: "A folder is a noun of the domain") { file in
        let drawers: Set<String> = [
            "utils", "util", "utilities", "common", "helper", "helpers", "extensions", "misc",
        ]
        return file.folders.filter { drawers.contains($0.lowercased()) }.map {
            Violation(path: file.path, line: 1, message: "a folder named \($0)")
        }
    }

    private static let tests = Pattern(#"@(?:Test|Suite)\b"#)

    private static let testNames = Rule(name: "XTests.swift holds tests, and only it does") {
        file in
        guard file.isSwift, file.folders.first == "Tests" else { return [] }
        let hasTests = !tests.matches(in: file.code).isEmpty
        guard hasTests != file.name.hasSuffix("Tests.swift") else { return [] }
        let message = hasTests ? "it holds tests but is not named XTests.swift" : "it holds no test"
        return [Violation(path: file.path, line: 1, message: message)]
    }
}
