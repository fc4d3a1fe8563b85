// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttSQLite

/// What can happen: somebody writes.
///
/// It travels as `{"type":"ADD_MESSAGE","payload":"the text"}`, as on the page at /chat: a single
/// value without a label is the payload.
enum ChatAction: GossipAction {
    case addMessage(String)

    // The names of the cases are the wire. Pinning them here lets you rename the cases.
    enum CodingKeys: String, CodingKey {
        case addMessage = "ADD_MESSAGE"
    }
}

/// One message, with what the other peers know of it too.
struct Message: Sendable {
    /// The same on every peer.
    ///
    /// Never draw a random identifier in a reducer.
    let id: String
    let author: String
    let text: String
}

/// Appends what is written.
///
/// The third argument tells where the action stands among the peers: its logical time and who wrote
/// it. It is not part of the action, so nobody can make a reducer believe a wrong place.
let chat = Reducer<[Message], ChatAction> { messages, action, meta in
    switch action {
    case .addMessage(let text):
        let author = meta.source.map { String($0.text.prefix(6)) } ?? "?"
        messages.append(Message(id: meta.id(), author: author, text: text))
    }
}

/// A shared chat: `Chat [ADDRESS] [--store FILE]`, then each line that is typed is a message.
@main
struct ChatExample {
    // On the main actor, whose thread `readLine` may block; the store does its work on others.
    @MainActor
    static func main() async {
        do {
            try await run()
        } catch {
            show("\(error)")
            exit(2)
        }
    }

    @MainActor
    static func run() async throws {
        var address = "ws://127.0.0.1:3000/ws"
        var file: String?
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            if argument == "--store" { file = arguments.popFirst() } else { address = argument }
        }
        let store: GossipStore<[Message], ChatAction>
        if let file {
            store = try await GossipStore(
                initial: [], reducer: chat,
                storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(initial: [], reducer: chat)
        }

        // A message that was written while somebody was offline takes its place in the middle, so
        // what was shown may no longer be the beginning of what there is: then all is shown again.
        let screen = Task.detached {
            var shown: [String] = []
            for await messages in store.states {
                let ids = messages.map(\.id)
                if !ids.starts(with: shown) {
                    show("--- earlier messages have arrived ---")
                    shown = []
                }
                for message in messages.dropFirst(shown.count) {
                    show("\(message.author): \(message.text)")
                }
                shown = ids
            }
        }
        store.connect(try .webSocket(address))

        while let line = readLine(), line != "/quit" {
            if !line.isEmpty { store.dispatch(.addMessage(line)) }
        }
        await store.shutDown()
        await screen.value
    }
}

/// Writes a line at once, also into a pipe, where `print` would wait for more.
func show(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
