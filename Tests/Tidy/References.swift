// SPDX-License-Identifier: MIT
import Foundation

/// What the repository says about itself: its links, the codes of its behaviours and its
/// vocabulary.
extension Rule {
    static let references: [Rule] = [
        links, codes, vocabulary, catalogues, groups,
        .ban(
            #"\.\./shared\b|\bSCUTTLEBUTT_SHARED\b"#, in: .text,
            "Nothing refers to files beside the repository", where: { _ in true }),
    ]

    private static let link = Pattern(#"\]\(<?([^)\s>]+)>?\)"#)
    private static let articleLink = Pattern(#"<doc:([^>#]+)(?:#[^>]*)?>"#)
    private static let code = Pattern(#"\b([SGDQ][1-9][0-9]?)\b"#)

    private static let links = Rule(name: "Every relative link resolves") { file in
        guard file.path.hasSuffix(".md") else { return [] }
        let broken = link.matches(in: file.text).filter { match in
            guard let target = match.group, !target.contains("://") else { return false }
            return !Page.resolves(target, from: file)
        }
        let folder = file.folders.joined(separator: "/")
        let lost = articleLink.matches(in: file.text).filter { match in
            // One of another module begins with a slash and the module.
            let parts = (match.group ?? "").split(separator: "/")
            guard let name = parts.last else { return true }
            let path = parts.count == 2 ? Page.catalogue(of: String(parts[0])) : folder
            return !Repository.contains("\(path)/\(name).md")
        }
        return (broken + lost).map {
            Violation(path: file.path, line: $0.line, message: "\($0.text) leads nowhere")
        }
    }

    private static let codes = Rule(name: "Every code of a behaviour is explained in docs") {
        file in
        code.matches(in: file.text).compactMap { match in
            guard let code = match.group, Page.codes[code] == nil else { return nil }
            return Violation(
                path: file.path, line: match.line,
                message: "\(code) is in neither docs/behaviours.md nor docs/wire.md")
        }
    }

    private static let publicType = Pattern(
        #"^(?:@[\w.()]+\s+)*(?:public|open)\s+(?:(?:final|indirect|nonisolated)\s+)*"#
            + #"(?:struct|class|enum|protocol|actor|typealias)\s+(\w+)"#)

    private static let vocabulary = Rule(
        name: "Every public type of a library is on the vocabulary page"
    ) { file in
        publicTypes(of: file).filter { !Page.vocabulary.contains($0.group ?? "") }.map { type in
            Violation(
                path: file.path, line: type.line,
                message: "'\(type.group ?? "")' is not in a table of \(Page.vocabularyPath)")
        }
    }

    private static let library = Pattern(#"\.library\(name: "(\w+)""#)

    private static let catalogues = Rule(name: "Every library of the manifest has a catalogue") {
        file in
        guard file.path == "Package.swift" else { return [] }
        return library.matches(in: file.text).compactMap { match in
            let page = Page.landing(of: match.group ?? "")
            guard !Repository.contains(page) else { return nil }
            return Violation(
                path: file.path, line: match.line, message: "\(match.text) lacks \(page)")
        }
    }

    private static let groups = Rule(
        name: "The catalogue of a library has every public type in a group"
    ) { file in
        guard let module = file.target, let grouped = Page.grouped[module] else { return [] }
        return publicTypes(of: file).filter { !grouped.contains($0.group ?? "") }.map { type in
            Violation(
                path: file.path, line: type.line,
                message: "'\(type.group ?? "")' is in no group of \(Page.landing(of: module))")
        }
    }

    /// The public top-level types of a library's file.
    static func publicTypes(of file: SourceFile) -> [Pattern.Match] {
        guard file.isSwift, let target = file.target, target != "ScuttlebuttCommand" else {
            return []
        }
        return publicType.matches(in: file.code)
    }
}

/// A page of Markdown as a target of links.
enum Page {
    /// How often each code is explained, by the anchors of the two reference pages.
    static let codes: [String: Int] = {
        let anchor = Pattern(##"<a id="([sgdq][0-9]+)"></a>"##)
        let pages = ["docs/behaviours.md", "docs/wire.md"].map { Repository.text($0) ?? "" }
        let codes = pages.flatMap { anchor.matches(in: $0) }.compactMap { $0.group?.uppercased() }
        return Dictionary(codes.map { ($0, 1) }, uniquingKeysWith: +)
    }()

    static let vocabularyPath = "Sources/Scuttlebutt/Scuttlebutt.docc/Vocabulary.md"

    /// The types that the vocabulary page lists, in the first columns of its second part.
    static let vocabulary: Set<String> = {
        let text = Repository.text(vocabularyPath) ?? ""
        let part = text.range(of: "\n## Scuttlebutt\n").map { text[$0.upperBound...] } ?? ""
        let rows = Pattern(#"^\| (`[^|]*)\|"#).matches(in: String(part)).compactMap(\.group)
        return Set(rows.flatMap { Pattern(#"`(\w+)`"#).matches(in: $0) }.compactMap(\.group))
    }()

    /// The folder of a module's catalogue.
    static func catalogue(of module: String) -> String { "Sources/\(module)/\(module).docc" }

    /// The page with which a module's catalogue begins.
    static func landing(of module: String) -> String { "\(catalogue(of: module))/\(module).md" }

    /// The symbols in the groups of each module that has a catalogue.
    static let grouped: [String: Set<String>] = {
        let modules = Layering.layers.keys.filter { Repository.contains(landing(of: $0)) }
        let item = Pattern(#"^- ``(\w+)``$"#)
        return Dictionary(
            uniqueKeysWithValues: modules.map { module in
                let text = Repository.text(landing(of: module)) ?? ""
                return (module, Set(item.matches(in: text).compactMap(\.group)))
            })
    }()

    /// Whether the file or folder that a link names is there, and its anchor too.
    static func resolves(_ target: String, from file: SourceFile) -> Bool {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var text: String? = file.text
        if let name = parts.first, !name.isEmpty {
            guard let path = path(String(name), in: file.folders), Repository.contains(path) else {
                return false
            }
            guard parts.count > 1 else { return true }
            text = Repository.text(path)
        }
        guard parts.count > 1 else { return false }
        return text.map { anchors(of: $0).contains(String(parts[1])) } ?? false
    }

    /// The path from the root, or `nil` for one that leaves the repository.
    private static func path(_ link: String, in folders: [String]) -> String? {
        var folders = folders
        for part in link.split(separator: "/") where part != "." {
            if part == ".." {
                if folders.popLast() == nil { return nil }
            } else {
                folders.append(String(part))
            }
        }
        return folders.joined(separator: "/")
    }

    /// The anchors that are written out, and those that headings get.
    private static func anchors(of text: String) -> Set<String> {
        let written = Pattern(##"<a id="([^"]+)">"##).matches(in: text).compactMap(\.group)
        let headings = Pattern(#"^#+ +(.+)$"#).matches(in: text).compactMap(\.group).map {
            $0.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                .replacingOccurrences(of: " ", with: "-")
        }
        return Set(written + headings)
    }
}

extension Repository {
    /// Whether there is a file or folder at a path from the root.
    static func contains(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The text of a file, by its path from the root.
    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
