// SPDX-License-Identifier: MIT

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The commit that this program was probably built from: that of the checkout it lies in.
///
/// A build does not know its commit, and most failures are looked at where they were found.
struct SourceCommit {
    /// The hash; `nil` when the program lies in no checkout of this package.
    let name: String?

    static let found = SourceCommit(program: programPath)

    init(program: String?) {
        name = program.flatMap(SourceCommit.name)
    }

    /// For people.
    var text: String {
        name.map { "commit \($0)" }
            ?? "commit unknown: this program lies in no checkout; say which release it is of"
    }

    private static var programPath: String? {
        let candidates = ["/proc/self/exe", CommandLine.arguments.first ?? ""]
        return candidates.lazy.compactMap { path in
            guard let whole = realpath(path, nil) else { return nil }
            defer { free(whole) }
            return String(cString: whole)
        }.first
    }

    private static func name(of program: String) -> String? {
        var folders = program.split(separator: "/").dropLast()
        while !folders.isEmpty {
            let folder = "/" + folders.joined(separator: "/")
            // Some other repository around an installed program says nothing about it.
            if let manifest = try? TextFile.read(folder + "/Package.swift"),
                manifest.contains("name: \"swift-scuttlebutt\"")
            {
                return head(of: folder + "/.git")
            }
            folders = folders.dropLast()
        }
        return nil
    }

    private static func head(of repository: String) -> String? {
        guard let head = (try? TextFile.read(repository + "/HEAD"))?.split(separator: "\n").first
        else { return nil }
        guard head.hasPrefix("ref: ") else { return String(head) }
        let reference = head.dropFirst(5)
        if let text = try? TextFile.read(repository + "/" + reference) {
            return text.split(separator: "\n").first.map { String($0) }
        }
        let packed = (try? TextFile.read(repository + "/packed-refs")) ?? ""
        return packed.split(separator: "\n").first { $0.hasSuffix(" " + reference) }
            .flatMap { $0.split(separator: " ").first.map { String($0) } }
    }
}
