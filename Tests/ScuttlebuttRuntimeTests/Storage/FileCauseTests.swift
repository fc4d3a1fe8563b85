// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttRuntime
import Testing

@Suite("The cause of an error of the file system", .timeLimit(.minutes(20)))
struct FileCauseTests {
    static let numbers = [
        ENOSPC, EDQUOT, EIO, EROFS, ENOLCK, ENOSYS, EFBIG, EISDIR, ELOOP, ENAMETOOLONG, EMFILE,
        ENFILE, ENOMEM, ESTALE, ETXTBSY, ENODEV, EACCES, EPERM, ENOENT, ENOTDIR,
    ]

    @Test("Each has one line with a next step", arguments: numbers)
    func steps(number: CInt) {
        let text = FileCause.describe(number, path: "/nowhere/log.sqlite")
        let parts = text.split(separator: ";")
        #expect(parts.count == 2, "\(text)")
        #expect(!text.contains("\n") && !text.hasSuffix(".") && text.first?.isUppercase == false)
    }

    @Test("Different causes have different words")
    func distinct() {
        let numbers = [ENOSPC, EDQUOT, EIO, EROFS, ENOLCK, EFBIG, EISDIR, EMFILE, EACCES, ENOENT]
        let causes = Set(
            numbers.map { FileCause.describe($0, path: "/log").split(separator: ";")[0] })
        #expect(causes.count == numbers.count)
    }

    @Test("What is missing is named: the folder, or the file in it")
    func missing() {
        let folder = FileCause.describe(ENOENT, path: "/nowhere/at/all/log.sqlite")
        #expect(folder == "the folder /nowhere/at/all does not exist; create it or check the path")
        let file = FileCause.describe(ENOENT, path: "/no-such-file")
        #expect(file == "it does not exist; check the path")
        #expect(FileCause.describe(ENOTDIR, path: "/dev/null/log").contains("not a folder"))
    }

    @Test(
        "The folder of a path",
        arguments: [
            ("log", "."), ("a/log", "a"), ("/log", "/"), ("/a/b/log", "/a/b"), ("/a//log", "/a"),
        ])
    func folders(path: String, folder: String) {
        #expect(FileCause.folder(of: path) == folder)
    }
}
