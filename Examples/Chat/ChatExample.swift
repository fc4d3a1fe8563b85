// SPDX-License-Identifier: MIT

import ExampleReducers
import Foundation
import PortableReducers
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttSQLite

// What can happen and what it does to the messages is in `Sources/ExampleReducers/Chat.swift`: the
// server folds with it too, and so does the page at /chat.

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
        let store: GossipStore<Chat, Chat.Action>
        if let file {
            store = try await GossipStore(
                Chat.self, storage: SQLiteStorage.open(file, mode: .createIfMissing))
        } else {
            store = try GossipStore(Chat.self)
        }

        // A message that was written while somebody was offline takes its place in the middle, so
        // what was shown may no longer be the beginning of what there is: then all is shown again.
        let screen = Task.detached {
            var shown: [PortableText] = []
            for await chat in store.states {
                let ids = chat.messages.map(\.id)
                if !ids.starts(with: shown) {
                    show("--- earlier messages have arrived ---")
                    shown = []
                }
                for message in chat.messages.dropFirst(shown.count) {
                    let author = message.stamp?.source.text.prefix(6) ?? "?"
                    show("\(author): \(message.text)")
                }
                shown = ids
            }
        }
        store.connect(try .webSocket(address))

        while let line = readLine(), line != "/quit" {
            if !line.isEmpty { store.dispatch(.addMessage(PortableText(line))) }
        }
        await store.shutDown()
        await screen.value
    }
}

/// Writes a line at once, also into a pipe, where `print` would wait for more.
func show(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
