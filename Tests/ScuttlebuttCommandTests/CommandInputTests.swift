// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import ScuttlebuttCommand

@Suite(.timeLimit(.minutes(20)))
struct CommandInputTests {
    private func lines(_ data: Data) async -> [CommandInput.Line] {
        let pipe = Pipe()
        let input = CommandInput(file: pipe.fileHandleForReading.fileDescriptor)
        let writer = pipe.fileHandleForWriting
        DispatchQueue(label: "writer").async {
            try? writer.write(contentsOf: data)
            try? writer.close()
        }
        var lines: [CommandInput.Line] = []
        while let line = await input.next() { lines.append(line) }
        try? pipe.fileHandleForReading.close()
        return lines
    }

    @Test("Lines end with LF, CRLF, or the end of the input")
    func ends() async {
        let lines = await lines(Data("a\r\n\nb\nc".utf8))
        #expect(lines == [.text([0x61]), .text([]), .text([0x62]), .text([0x63])])
    }

    @Test("A byte order mark at the start is skipped")
    func byteOrderMark() async {
        let lines = await lines(Data("\u{FEFF}a\n\u{FEFF}b".utf8))
        #expect(lines == [.text([0x61]), .text([0xEF, 0xBB, 0xBF, 0x62])])
    }

    @Test("A line beyond the bound is skipped, and the next one is read")
    func tooLong() async {
        var data = Data(repeating: 0x20, count: CommandInput.lineByteLimit + 2)
        data += Data("\nstate\n".utf8)
        #expect(await lines(data) == [.tooLong, .text(Array("state".utf8))])
    }

    @Test("More lines than may wait all arrive in order")
    func flood() async {
        let count = 3 * CommandInput.waitingLineLimit
        let text = (0..<count).map { "\($0)\n" }.joined()
        let lines = await lines(Data(text.utf8))
        #expect(lines == (0..<count).map { .text(Array("\($0)".utf8)) })
    }

    @Test("A cancelled task gets the end of the input")
    func cancelled() async {
        let pipe = Pipe()
        let input = CommandInput(file: pipe.fileHandleForReading.fileDescriptor)
        let task = Task { await input.next() }
        task.cancel()
        #expect(await task.value == nil)
        try? pipe.fileHandleForWriting.close()
        // The reading thread sees the end before its descriptor is closed. Otherwise it could read
        // from the pipe of another test, which may get a descriptor with the same number.
        #expect(await input.next() == nil)
        try? pipe.fileHandleForReading.close()
    }
}
