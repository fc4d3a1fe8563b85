// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

// The programs of Reducing.md, compiled: `ReducingSnippetTests` compares what stands between the
// marks with the article, and what is printed with the comments behind it.

/// The stamps of two peers' actions.
private func alice(_ time: Double) -> Stamp { stamp("alice", time) }
private func bob(_ time: Double) -> Stamp { stamp("bob", time) }

enum ReducingSnippets {
    typealias Print = (Any) -> Void

    static var all: [(heading: String, run: (Print) -> Void)] {
        [
            ("Prepare, then apply", reducer), ("G-counter", gCounter), ("PN-counter", pnCounter),
            ("Enable-wins flag", enableWinsFlag), ("Disable-wins flag", disableWinsFlag),
            ("LWW register", lwwRegister), ("MV register", mvRegister), ("G-set", gSet),
            ("2P-set", twoPhaseSet), ("Add-wins set", orSet), ("Remove-wins set", removeWinsSet),
            ("LWW map", lwwMap), ("OR-map", orMap), ("List with moves", movableList),
            ("Tree with moves", movableTree),
        ]
    }

    static func reducer(_ print: Print) {
        // Begin Prepare, then apply
        struct Shopping: Codable, Equatable {
            var items = ORSet<PropertyKey>()
            var likes = GCounter()
        }
        enum ShoppingAction: Codable {
            case items(ORSet<PropertyKey>.Operation)
            case like
        }
        func reduce(_ state: inout Shopping, _ action: ShoppingAction, at stamp: Stamp) {
            switch action {
            case .items(let operation): state.items.apply(operation, at: stamp)
            case .like: state.likes.apply(.increment(by: 1), at: stamp)
            }
        }

        var state = Shopping()
        reduce(&state, .items(.add("milk")), at: alice(1))
        if let removal = state.items.removal(of: "milk") {  // prepared from what Bob sees
            reduce(&state, .items(removal), at: bob(2))
        }
        print(state.items.elements)  // []
        // End
    }

    static func gCounter(_ print: Print) {
        // Begin G-counter
        var likes = GCounter()
        likes.apply(.increment(by: 1), at: alice(1))
        likes.apply(.increment(by: 2), at: bob(1))
        likes.apply(.increment(by: 2), at: bob(1))  // the same action again
        print(likes.value)  // 3
        // End
    }

    static func pnCounter(_ print: Print) {
        // Begin PN-counter
        var stock = PNCounter()
        stock.apply(.add(10), at: alice(1))
        let reset = stock.clearing()  // Alice has seen the 10
        stock.apply(.add(-3), at: bob(1))  // at the same time
        if let reset { stock.apply(reset, at: alice(2)) }
        print(stock.value)  // -3
        // End
    }

    static func enableWinsFlag(_ print: Print) {
        // Begin Enable-wins flag
        var visible = EnableWinsFlag()
        visible.apply(.enable, at: alice(1))
        let off = visible.disabling()
        visible.apply(.enable, at: bob(1))  // at the same time
        visible.apply(off, at: alice(2))
        print(visible.isOn)  // true
        // End
    }

    static func disableWinsFlag(_ print: Print) {
        // Begin Disable-wins flag
        var mayWrite = DisableWinsFlag()
        let on = mayWrite.enabling()
        mayWrite.apply(.disable, at: alice(1))  // at the same time
        mayWrite.apply(on, at: bob(1))
        print(mayWrite.isOn)  // false
        mayWrite.apply(mayWrite.enabling(), at: bob(2))
        print(mayWrite.isOn)  // true
        // End
    }

    static func lwwRegister(_ print: Print) {
        // Begin LWW register
        var title = LWWRegister<String>()
        title.apply(.write("Plan B"), at: bob(2))
        title.apply(.write("Plan A"), at: alice(1))  // arrives late
        print(title.value ?? "")  // Plan B
        // End
    }

    static func mvRegister(_ print: Print) {
        // Begin MV register
        var title = MVRegister<String>()
        let (one, other) = (title.writing("Plan A"), title.writing("Plan B"))
        title.apply(one, at: alice(1))
        title.apply(other, at: bob(1))
        print(title.values)  // ["Plan B", "Plan A"]
        title.apply(title.writing("Plan C"), at: alice(2))
        print(title.values)  // ["Plan C"]
        // End
    }

    static func gSet(_ print: Print) {
        // Begin G-set
        var seen = GSet<PropertyKey>()
        seen.apply(.insert("message-2"), at: alice(1))
        seen.apply(.insert("message-1"), at: bob(1))
        print(seen.elements)  // [message-1, message-2]
        // End
    }

    static func twoPhaseSet(_ print: Print) {
        // Begin 2P-set
        var orders = TwoPhaseSet<PropertyKey>()
        orders.apply(.insert("order-7"), at: alice(1))
        orders.apply(.remove("order-7"), at: bob(2))
        orders.apply(.insert("order-7"), at: alice(3))
        print(orders.contains("order-7"))  // false
        // End
    }

    static func orSet(_ print: Print) {
        // Begin Add-wins set
        var tags = ORSet<PropertyKey>()
        tags.apply(.add("urgent"), at: alice(1))
        let removal = tags.removal(of: "urgent")
        tags.apply(.add("urgent"), at: bob(1))  // at the same time
        if let removal { tags.apply(removal, at: alice(2)) }
        print(tags.elements)  // [urgent]
        // End
    }

    static func removeWinsSet(_ print: Print) {
        // Begin Remove-wins set
        var admins = RemoveWinsSet<PropertyKey>()
        let addition = admins.addition(of: "eve")
        admins.apply(.remove("eve"), at: alice(1))  // at the same time
        admins.apply(addition, at: bob(2))
        print(admins.contains("eve"))  // false
        // End
    }

    static func lwwMap(_ print: Print) {
        // Begin LWW map
        var settings = LWWMap<PropertyKey, Int>()
        settings.apply(.set("size", 12), at: alice(1))
        settings.apply(.set("width", 80), at: bob(1))
        settings.apply(.remove("size"), at: bob(2))
        print(settings.keys)  // [width]
        // End
    }

    static func orMap(_ print: Print) {
        // Begin OR-map
        var cart = ORMap<PropertyKey, PNCounter>()
        cart.apply(.update("apple", .add(3)), at: alice(1))
        let removal = cart.removal(of: "apple")
        cart.apply(.update("apple", .add(2)), at: bob(1))  // at the same time
        if let removal { cart.apply(removal, at: alice(2)) }
        print(cart["apple"]?.value ?? 0)  // 2
        // End
    }

    static func movableList(_ print: Print) {
        // Begin List with moves
        var chores = MovableList<String>()
        chores.apply(chores.appending(["wash", "cook", "shop"]), at: alice(1))
        let (up, first) = (chores.move(from: 2, to: 1), chores.move(from: 2, to: 0))
        if let up { chores.apply(up, at: alice(2)) }
        if let first { chores.apply(first, at: bob(2)) }  // at the same time
        print(chores.items.map(\.element))  // ["shop", "wash", "cook"]
        // End
    }

    static func movableTree(_ print: Print) {
        // Begin Tree with moves
        var files = MovableTree<PropertyKey, String>()
        files.apply(.init(node: "1", parent: .root, value: "work"), at: alice(1))
        files.apply(.init(node: "2", parent: .root, value: "home"), at: alice(2))
        let (one, other) = (files.move("1", to: .node("2")), files.move("2", to: .node("1")))
        if let one { files.apply(one, at: alice(3)) }
        if let other { files.apply(other, at: bob(3)) }  // would close a circle
        print(files.outline.map { "\($0.depth) \($0.value)" })  // ["0 home", "1 work"]
        // End
    }
}
