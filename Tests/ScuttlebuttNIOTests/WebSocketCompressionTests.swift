// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

@Suite("What is agreed on about compression", .timeLimit(.minutes(20)))
struct WebSocketCompressionTests {
    private static let plain =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    static let offers: [([String], String?)] = [
        ([], nil), ([""], nil), (["x-webkit-deflate-frame"], nil),
        (["permessage-deflate"], plain),
        // Chromium's and that of `ws`; the one of Firefox is the plain one.
        (["permessage-deflate; client_max_window_bits"], plain),
        (["permessage-deflate; client_max_window_bits=8"], plain),
        (["permessage-deflate;client_max_window_bits=\"15\""], plain),
        (["permessage-deflate ;\tserver_no_context_takeover"], plain),
        (
            ["permessage-deflate; server_max_window_bits=15"],
            plain + "; server_max_window_bits=15"
        ),
        (
            ["permessage-deflate; server_max_window_bits=9"],
            plain + "; server_max_window_bits=9"
        ),
        (
            ["permessage-deflate; server_max_window_bits=\"1\\0\""],
            plain + "; server_max_window_bits=10"
        ),
        // zlib cannot write with a window of 2^8 bytes.
        (["permessage-deflate; server_max_window_bits=8"], nil),
        (["permessage-deflate; server_max_window_bits=8, permessage-deflate"], plain),
        (["permessage-deflate; server_max_window_bits"], nil),
        (["permessage-deflate; server_max_window_bits=16"], nil),
        (["permessage-deflate; server_max_window_bits=09"], nil),
        (["permessage-deflate; server_max_window_bits=+9"], nil),
        (["permessage-deflate; client_max_window_bits=7"], nil),
        (["permessage-deflate; server_no_context_takeover=1"], nil),
        (["permessage-deflate; client_no_context_takeover=true"], nil),
        (["permessage-deflate; client_no_context_takeover; client_no_context_takeover"], nil),
        (["permessage-deflate; mystery"], nil), (["permessage-deflate; mystery=1"], nil),
        (["permessage-deflate; mystery", "foo; a=b, ,permessage-deflate"], plain),
        (["permessage-bzip2, permessage-deflate"], plain), (["Permessage-Deflate"], nil),
    ]

    @Test("A server takes the first offer that it can keep", arguments: offers)
    func accepts(offers: [String], answer: String?) throws {
        #expect(try WebSocketCompression.accepting(offers)?.answer == answer)
    }

    @Test(
        "Headers that break the rules are told from offers that are declined",
        arguments: [
            "permessage-deflate; client_max_window_bits=", "permessage-deflate;", "=1", ";",
            "permessage-deflate; =1", "permessage-deflate client_max_window_bits",
            "permessage-deflate; a=\"1", "permessage-deflate; a=\"\"",
            "permessage-deflate; a=\"1 2\"",
            "permessage-deflate; a=\"1\"2", "permessage-deflate; a=\"\\", "permessage-deflate; é",
            "a b", "a, b c",
        ])
    func malformed(offer: String) {
        #expect(throws: LinkError.self) { try WebSocketCompression.accepting([offer]) }
        #expect(throws: LinkError.self) {
            try WebSocketCompression.agreed([offer], isOffered: true)
        }
    }

    static let answers: [([String], Bool?)] = [
        ([], nil), ([plain], true), (["permessage-deflate; server_no_context_takeover"], true),
        ([plain + "; server_max_window_bits=8"], true),
        ([plain + "; server_max_window_bits=15"], true),
        ([plain + "; server_max_window_bits"], false),
        ([plain + "; server_max_window_bits=7"], false),
        ([plain + "; client_max_window_bits=15"], false),
        ([plain + "; mystery"], false),
        ([plain + "; server_no_context_takeover"], false),
        // The server would refer to earlier messages.
        (["permessage-deflate"], false),
        (["permessage-deflate; client_no_context_takeover"], false),
        (["permessage-bzip2"], false), ([plain, plain], false),
        (["\(plain), permessage-bzip2"], false), ([""], false),
    ]

    @Test("A client takes only what it has offered", arguments: answers)
    func agrees(answers: [String], isAccepted: Bool?) throws {
        if isAccepted == false {
            let error = #expect(throws: LinkError.self) {
                try WebSocketCompression.agreed(answers, isOffered: true)
            }
            #expect(error?.code == .badFraming)
        } else {
            let agreed = try WebSocketCompression.agreed(answers, isOffered: true)
            #expect((agreed != nil) == (isAccepted == true))
        }
        guard !answers.isEmpty else { return }
        #expect(throws: LinkError.self) {
            try WebSocketCompression.agreed(answers, isOffered: false)
        }
    }
}
