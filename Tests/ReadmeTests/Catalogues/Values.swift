// SPDX-License-Identifier: MIT

// The programs of the pages about what stands below a store, compiled: `PageTests` finds each of
// their paragraphs here.

import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttSimulation

// Rewind.docc/Rewind.md
func rewindPage(earlier: Stamp, later: Stamp, print: ([String]) -> Void) {
    let joining = HistoryReducer<[String], String> { words, word, _ in words.append(word) }
    var history = History(base: [], reducer: joining)
    history.insert("world", at: later)
    history.insert("hello", at: earlier)
    print(history.current)  // ["hello", "world"]
}

// ScuttlebuttCoding.docc/ScuttlebuttCoding.md
func codingPage(print: (String) -> Void) throws {
    enum NoteAction: GossipAction {
        case add(title: String)
        enum CodingKeys: String, CodingKey { case add = "ADD_NOTE" }
    }
    let payload = try ActionCodec<NoteAction>.flat.encode(.add(title: "milk"))
    let text = String(decoding: payload, as: UTF8.self)
    print(text)  // {"type":"ADD_NOTE","payload":{"title":"milk"}}
}

// ScuttlebuttSimulation.docc/ScuttlebuttSimulation.md
func simulationPage(print: (BrokenPromiseError) -> Void) {
    let outcome = Simulation().run(seed: 7)
    if let violation = outcome.violation { print(violation) }
}

// ScuttlebuttRuntime.docc/ScuttlebuttRuntime.md
func runtimePage(print: (String) -> Void) async throws {
    let network = InMemoryNetwork()
    let ada = ReplicaDriver(ReplicatedModel<String>())
    let bob = ReplicaDriver(ReplicatedModel<String>())
    ada.swarm.listen(try network.listen(at: "ada"))
    bob.swarm.connect(network.transport(to: "ada"))
    try ada.write { try $0.makeSet("theme", to: "dark") }
    await bob.synced()
    print(bob.value["theme"] ?? "")  // dark
    // Not on the page, where the program ends.
    await bob.shutDown()
    await ada.shutDown()
}

// ScuttlebuttModels.docc/ScuttlebuttModels.md
func modelsPage() async throws {
    let settings = ReplicaDriver(ReplicatedModel<String>())
    settings.swarm.connect(TCPTransport(host: "127.0.0.1", port: 3001))
    try settings.write { try $0.makeSet("theme", to: "dark") }
    for await batch in settings.changes { print(batch) }
}
