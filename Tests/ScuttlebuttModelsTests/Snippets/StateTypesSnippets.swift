// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// The stamps of two peers' actions.
private func alice(_ time: Double) -> Stamp { stamp("alice", time) }
private func bob(_ time: Double) -> Stamp { stamp("bob", time) }

/// The programs of StateTypes.md.
enum StateTypesSnippets {
    static var all: [Snippet] {
        [
            Snippet("Prepare, then apply", reducer),
            Snippet("G-counter", gCounter),
            Snippet("PN-counter", pnCounter),
            Snippet("Enable-wins flag", enableWinsFlag),
            Snippet("Disable-wins flag", disableWinsFlag),
            Snippet("LWW register", lwwRegister),
            Snippet("MV register", mvRegister),
            Snippet("G-set", gSet),
            Snippet("2P-set", twoPhaseSet),
            Snippet("Add-wins set", orSet),
            Snippet("Remove-wins set", removeWinsSet),
            Snippet("LWW map", lwwMap),
            Snippet("OR-map", orMap),
            Snippet("List with moves", movableList),
            Snippet("Tree with moves", movableTree),
        ]
    }

    @Sendable static func reducer(_ print: Snippet.Print) {
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
        if let removal = state.items.makeRemove("milk") {  // prepared from what Bob sees
            reduce(&state, .items(removal), at: bob(2))
        }
        print(state.items.elements)  // []
        // End
    }

    @Sendable static func gCounter(_ print: Snippet.Print) {
        // Begin G-counter
        var likes = GCounter()
        likes.apply(.increment(by: 1), at: alice(1))
        likes.apply(.increment(by: 2), at: bob(1))
        likes.apply(.increment(by: 2), at: bob(1))  // the same action again
        print(likes.value)  // 3
        // End
    }

    @Sendable static func pnCounter(_ print: Snippet.Print) {
        // Begin PN-counter
        var stock = PNCounter()
        stock.apply(.add(10), at: alice(1))
        let reset = stock.makeClear()  // Alice has seen the 10
        stock.apply(.add(-3), at: bob(1))  // at the same time
        if let reset { stock.apply(reset, at: alice(2)) }
        print(stock.value)  // -3
        // End
    }

    @Sendable static func enableWinsFlag(_ print: Snippet.Print) {
        // Begin Enable-wins flag
        var visible = EnableWinsFlag()
        visible.apply(.enable, at: alice(1))
        let off = visible.makeDisable()
        visible.apply(.enable, at: bob(1))  // at the same time
        visible.apply(off, at: alice(2))
        print(visible.isOn)  // true
        // End
    }

    @Sendable static func disableWinsFlag(_ print: Snippet.Print) {
        // Begin Disable-wins flag
        var mayWrite = DisableWinsFlag()
        let on = mayWrite.makeEnable()
        mayWrite.apply(.disable, at: alice(1))  // at the same time
        mayWrite.apply(on, at: bob(1))
        print(mayWrite.isOn)  // false
        mayWrite.apply(mayWrite.makeEnable(), at: bob(2))
        print(mayWrite.isOn)  // true
        // End
    }

    @Sendable static func lwwRegister(_ print: Snippet.Print) {
        // Begin LWW register
        var title = LWWRegister<String>()
        title.apply(.write("Plan B"), at: bob(2))
        title.apply(.write("Plan A"), at: alice(1))  // arrives late
        print(title.value ?? "")  // Plan B
        // End
    }

    @Sendable static func mvRegister(_ print: Snippet.Print) {
        // Begin MV register
        var title = MVRegister<String>()
        let (one, other) = (title.makeWrite("Plan A"), title.makeWrite("Plan B"))
        title.apply(one, at: alice(1))
        title.apply(other, at: bob(1))
        print(title.values)  // ["Plan B", "Plan A"]
        title.apply(title.makeWrite("Plan C"), at: alice(2))
        print(title.values)  // ["Plan C"]
        // End
    }

    @Sendable static func gSet(_ print: Snippet.Print) {
        // Begin G-set
        var seen = GSet<PropertyKey>()
        seen.apply(.insert("message-2"), at: alice(1))
        seen.apply(.insert("message-1"), at: bob(1))
        print(seen.elements)  // [message-1, message-2]
        // End
    }

    @Sendable static func twoPhaseSet(_ print: Snippet.Print) {
        // Begin 2P-set
        var orders = TwoPhaseSet<PropertyKey>()
        orders.apply(.insert("order-7"), at: alice(1))
        orders.apply(.remove("order-7"), at: bob(2))
        orders.apply(.insert("order-7"), at: alice(3))
        print(orders.contains("order-7"))  // false
        // End
    }

    @Sendable static func orSet(_ print: Snippet.Print) {
        // Begin Add-wins set
        var tags = ORSet<PropertyKey>()
        tags.apply(.add("urgent"), at: alice(1))
        let removal = tags.makeRemove("urgent")
        tags.apply(.add("urgent"), at: bob(1))  // at the same time
        if let removal { tags.apply(removal, at: alice(2)) }
        print(tags.elements)  // [urgent]
        // End
    }

    @Sendable static func removeWinsSet(_ print: Snippet.Print) {
        // Begin Remove-wins set
        var admins = RemoveWinsSet<PropertyKey>()
        let addition = admins.makeAdd("eve")
        admins.apply(.remove("eve"), at: alice(1))  // at the same time
        admins.apply(addition, at: bob(2))
        print(admins.contains("eve"))  // false
        // End
    }

    @Sendable static func lwwMap(_ print: Snippet.Print) {
        // Begin LWW map
        var settings = LWWMap<PropertyKey, Int>()
        settings.apply(.set("size", 12), at: alice(1))
        settings.apply(.set("width", 80), at: bob(1))
        settings.apply(.remove("size"), at: bob(2))
        print(settings.keys)  // [width]
        // End
    }

    @Sendable static func orMap(_ print: Snippet.Print) {
        // Begin OR-map
        var cart = ORMap<PropertyKey, PNCounter>()
        cart.apply(.update("apple", .add(3)), at: alice(1))
        let removal = cart.makeRemove("apple")
        cart.apply(.update("apple", .add(2)), at: bob(1))  // at the same time
        if let removal { cart.apply(removal, at: alice(2)) }
        print(cart["apple"]?.value ?? 0)  // 2
        // End
    }

    @Sendable static func movableList(_ print: Snippet.Print) {
        // Begin List with moves
        var chores = MovableList<String>()
        chores.apply(chores.makeAppend(["wash", "cook", "shop"]), at: alice(1))
        let (up, first) = (chores.makeMove(from: 2, to: 1), chores.makeMove(from: 2, to: 0))
        if let up { chores.apply(up, at: alice(2)) }
        if let first { chores.apply(first, at: bob(2)) }  // at the same time
        print(chores.items.map(\.element))  // ["shop", "wash", "cook"]
        // End
    }

    @Sendable static func movableTree(_ print: Snippet.Print) {
        // Begin Tree with moves
        var files = MovableTree<PropertyKey, String>()
        files.apply(.init(node: "1", parent: .root, value: "work"), at: alice(1))
        files.apply(.init(node: "2", parent: .root, value: "home"), at: alice(2))
        let (one, other) = (
            files.makeMove("1", to: .node("2")), files.makeMove("2", to: .node("1"))
        )
        if let one { files.apply(one, at: alice(3)) }
        if let other { files.apply(other, at: bob(3)) }  // would close a circle
        print(files.outline.map { "\($0.depth) \($0.value)" })  // ["0 home", "1 work"]
        // End
    }
}
