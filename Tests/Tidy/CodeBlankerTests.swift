// SPDX-License-Identifier: MIT
import Testing

@Suite("What the tidy rules take for code", .timeLimit(.minutes(20)))
struct CodeBlankerTests {
    @Test(
        "Comments and the text of literals are blanked, interpolated code stays",
        arguments: [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            (#"f("x // y")"#, #"f("      ")"#),
            (#"f("\"") // g"#, #"f("  ")     "#),
            (#"f("a\(b("c"))d")"#, #"f(" \(b(" ")) ")"#),
            (##"f(#"a"b"#)"##, ##"f(#"   "#)"##),
            (##"f(#"a\#(b)\n"#)"##, ##"f(#" \#(b)  "#)"##),
            ("\"\"\"\na\"b\n\"\"\"c", "\"\"\"\n   \n\"\"\"c"),
        ])
    func blanks(text: String, code: String) {
        #expect(CodeBlanker.blank(text) == code)
    }

    @Test("Lines and bytes keep their places, also after text that is not ASCII")
    func keepsPlaces() {
        let text = "let é = \"é\" // é\nlet b = 1\n"
        let code = CodeBlanker.blank(text)
        #expect(code.utf8.count == text.utf8.count)
        #expect(code.hasSuffix("\nlet b = 1\n"))
    }

    @Test("A literal that never ends does not run over the end of the text")
    func unterminated() {
        for text in ["\"a", "\"a\\", "/* a", "\"\"\"a", "#\"a\\#", "\"\\(a"] {
            #expect(CodeBlanker.blank(text).utf8.count == text.utf8.count)
        }
    }
}
