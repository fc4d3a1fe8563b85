// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttPage

// What the page calls. Numbers only; bytes go through `core_input` and `core_output`, whose
// addresses are valid until the next call. Every number is checked here or behind: no call traps,
// whatever it is handed, unless memory runs out. After a trap the page makes a new instance.

// proof: wasm32 here has one thread, and a page calls one export at a time.
nonisolated(unsafe) var pageCore: PageCore<ModuleModel>?
nonisolated(unsafe) var pageMemory = PageMemory()

/// The version of these functions.
@_expose(wasm, "core_version")
@_cdecl("core_version")
public func coreVersion() -> Int32 { 1 }

/// The address of a place for `count` bytes, or 0 if those are too many.
@_expose(wasm, "core_input")
@_cdecl("core_input")
public func coreInput(_ count: Int32) -> UnsafeMutablePointer<UInt8>? {
    pageMemory.reserve(Int(count))
}

/// The address of what the last call has put out.
@_expose(wasm, "core_output")
@_cdecl("core_output")
public func coreOutput() -> UnsafeMutablePointer<UInt8>? { pageMemory.outputAddress }

/// Starts an empty peer, in place of another.
///
/// The input is its source. Of `flags` 1 says that own actions are saved before they leave, and 2
/// that the source may have written before. Returns 1, or 0 for a source that peers refuse.
@_expose(wasm, "core_create")
@_cdecl("core_create")
public func coreCreate(_ count: Int32, _ flags: Int32) -> Int32 {
    guard let source = source(Int(count)) else { return 0 }
    pageCore = PageCore(
        source: source, savesUpdates: flags & 1 != 0, mayHaveWritten: flags & 2 != 0)
    return 1
}

/// Takes the lines of the input as the log of an earlier life; returns how many were new.
@_expose(wasm, "core_restore")
@_cdecl("core_restore")
public func coreRestore(_ count: Int32) -> Int32 {
    Int32(pageCore?.restore(pageMemory.received(Int(count))) ?? 0)
}

// MARK: Actions

/// Stamps the action in the input, which then waits to be folded.
///
/// With `isShared` other than 0 it goes to peers even if its type begins with `@`. Returns its
/// timestamp; 0 for a local-only one; −n for a refusal in the first n bytes of output.
@_expose(wasm, "core_dispatch")
@_cdecl("core_dispatch")
public func coreDispatch(_ count: Int32, _ isShared: Int32) -> Double {
    let payload = Array(pageMemory.received(Int(count)))
    do throws(ReplicaError) {
        guard let timestamp = try pageCore?.dispatch(payload, isShared: isShared != 0) else {
            return -refuse("no peer")
        }
        return timestamp
    } catch {
        return -refuse(error.message)
    }
}

private func refuse(_ message: String) -> Double { Double(pageMemory.put(Array(message.utf8))) }

/// Folds at most `limit` of the actions that wait; returns how many still wait.
@_expose(wasm, "core_fold")
@_cdecl("core_fold")
public func coreFold(_ limit: Int32) -> Int32 {
    Int32(truncatingIfNeeded: pageCore?.fold(Int(limit)) ?? 0)
}

/// Begins to fold anew, from the state that the page keeps at `place`.
@_expose(wasm, "core_restart")
@_cdecl("core_restart")
public func coreRestart(_ place: Int32) { pageCore?.restart(at: place) }

/// The state: where the page keeps it, or for a reducer in Swift the number of bytes of JSON.
@_expose(wasm, "core_state")
@_cdecl("core_state")
public func coreState() -> Int32 {
    var bytes: [UInt8] = []
    let result = pageCore?.show(in: &bytes) ?? -1
    if !bytes.isEmpty { _ = pageMemory.put(bytes) }
    return result
}

/// The state right after the action with this number, like `core_state`, valid until the next call
/// of this; −1 if the action is not folded.
@_expose(wasm, "core_state_after")
@_cdecl("core_state_after")
public func coreStateAfter(_ number: Int32) -> Int32 {
    var bytes: [UInt8] = []
    let result = pageCore?.show(after: Int(number), in: &bytes) ?? -1
    if !bytes.isEmpty { _ = pageMemory.put(bytes) }
    return result
}

/// Everything up to this token is durable.
@_expose(wasm, "core_saved")
@_cdecl("core_saved")
public func coreSaved(_ token: Int32) { pageCore?.saved(Int(token)) }

// MARK: Sessions

/// Begins a session; returns its number, or 0 if there are too many.
@_expose(wasm, "core_open")
@_cdecl("core_open")
public func coreOpen(_ probes: Int32, _ longestLine: Int32) -> Int32 {
    Int32(pageCore?.open(probes: probes != 0, longestLine: Int(longestLine)) ?? 0)
}

/// Takes the lines of the input; returns 1 if the session is still open.
@_expose(wasm, "core_receive")
@_cdecl("core_receive")
public func coreReceive(_ session: Int32, _ count: Int32) -> Int32 {
    pageCore?.receive(pageMemory.received(Int(count)), from: Int(session)) == true ? 1 : 0
}

/// Puts out about `limit` bytes of lines for a peer; returns their number, 0 if there are none.
@_expose(wasm, "core_pull")
@_cdecl("core_pull")
public func corePull(_ session: Int32, _ limit: Int32) -> Int32 {
    guard let bytes = pageCore?.pull(Int(session), limit: Int(limit)) else { return 0 }
    return pageMemory.put(bytes)
}

/// Puts out the answers and the probe that are due for a peer, and nothing else; returns the number
/// of bytes.
@_expose(wasm, "core_pull_probes")
@_cdecl("core_pull_probes")
public func corePullProbes(_ session: Int32, _ limit: Int32) -> Int32 {
    guard let bytes = pageCore?.pullProbes(Int(session), limit: Int(limit)) else { return 0 }
    return pageMemory.put(bytes)
}

/// Where a session stands: bits as `SESSION` in `Web/pageCore.js` lists them; −1 if it is not open.
@_expose(wasm, "core_session")
@_cdecl("core_session")
public func coreSession(_ session: Int32) -> Int32 {
    Int32(truncatingIfNeeded: pageCore?.progress(of: Int(session)) ?? -1)
}

/// How many updates were sent in a session that are to be confirmed, or with `confirmed` ≠ 0 how
/// many of them were.
@_expose(wasm, "core_sent")
@_cdecl("core_sent")
public func coreSent(_ session: Int32, _ confirmed: Int32) -> Double {
    Double(pageCore?.count(in: Int(session), confirmed: confirmed != 0) ?? 0)
}

/// The newest timestamp of the source in the input that the peer of a session is known to have.
@_expose(wasm, "core_known")
@_cdecl("core_known")
public func coreKnown(_ count: Int32, _ session: Int32) -> Double {
    guard let source = source(Int(count)) else { return 0 }
    return pageCore?.known(in: Int(session), of: source) ?? 0
}

// MARK: What peers do not take

/// Takes the action with this number out of the history and sends it to nobody; returns 1 if it was
/// there.
@_expose(wasm, "core_set_aside")
@_cdecl("core_set_aside")
public func coreSetAside(_ number: Int32) -> Int32 {
    pageCore?.setAside(Int(number)) == true ? 1 : 0
}

/// Sends nothing from the action with this number on, of its source, to peers that lack it.
@_expose(wasm, "core_withhold")
@_cdecl("core_withhold")
public func coreWithhold(_ number: Int32) { pageCore?.withhold(Int(number)) }

/// Notes that the source in the input has used a timestamp for an action that is gone.
@_expose(wasm, "core_use")
@_cdecl("core_use")
public func coreUse(_ count: Int32, _ timestamp: Double) {
    guard let timestamp = Timestamp(timestamp), let source = source(Int(count)) else { return }
    pageCore?.use(timestamp, of: source)
}

/// Treats what the source in the input has written like our own, because nobody else brings it.
@_expose(wasm, "core_adopt")
@_cdecl("core_adopt")
public func coreAdopt(_ count: Int32) {
    if let source = source(Int(count)) { pageCore?.adopt(source) }
}

/// Takes up that a peer has own actions up to this timestamp.
@_expose(wasm, "core_confirmed")
@_cdecl("core_confirmed")
public func coreConfirmed(_ timestamp: Double) {
    if let timestamp = Timestamp(timestamp) { pageCore?.confirmed(timestamp) }
}

/// The source whose name is in the input, if peers accept it.
private func source(_ count: Int) -> Source? {
    let name = pageMemory.received(count)
    guard !name.isEmpty, name.count <= ClassicWire.maximumSourceByteCount,
        let source = Source(validUTF8: Array(name)), !source.isObjectPrototypeName
    else { return nil }
    return source
}

/// The connection has ended.
@_expose(wasm, "core_closed")
@_cdecl("core_closed")
public func coreClosed(_ session: Int32) { pageCore?.close(Int(session)) }

/// Asks a peer for a sign of life, with `urgent` ≠ 0 even if one is awaited; returns 1 if it has to
/// say something.
@_expose(wasm, "core_probe")
@_cdecl("core_probe")
public func coreProbe(_ session: Int32, _ urgent: Int32) -> Int32 {
    pageCore?.probe(Int(session), isUrgent: urgent != 0) == true ? 1 : 0
}

/// The time of a timer is over.
@_expose(wasm, "core_timer")
@_cdecl("core_timer")
public func coreTimer(_ number: Int32) { pageCore?.timerFired(Int(number)) }

// MARK: Presence

/// Says what this peer does at the moment: the input is a JSON object, or `null` to leave.
///
/// It holds for so many seconds; `milliseconds` is the wall clock. Returns 0, or −n for a refusal
/// in the first n bytes of output.
@_expose(wasm, "core_present")
@_cdecl("core_present")
public func corePresent(_ count: Int32, _ seconds: Int32, _ milliseconds: Double) -> Int32 {
    let value = Array(pageMemory.received(Int(count)))
    do throws(ReplicaError) {
        try pageCore?.present(value, lifetime: Int(seconds), wallClock: milliseconds)
        return 0
    } catch {
        return -pageMemory.put(Array(error.message.utf8))
    }
}

/// Puts out who else is here as JSON; returns the number of bytes, 0 if nobody is.
@_expose(wasm, "core_presence")
@_cdecl("core_presence")
public func corePresence() -> Int32 {
    guard let bytes = pageCore?.presence, !bytes.isEmpty else { return 0 }
    return pageMemory.put(bytes)
}

// MARK: Reading

/// Puts out what has happened as JSON; returns the number of bytes, 0 if nothing has.
@_expose(wasm, "core_events")
@_cdecl("core_events")
public func coreEvents() -> Int32 {
    guard pageCore?.events.isEmpty == false, let bytes = pageCore?.takeEvents() else { return 0 }
    return pageMemory.put(bytes)
}

/// Puts out the lines of `count` actions from the number `first` on.
@_expose(wasm, "core_lines")
@_cdecl("core_lines")
public func coreLines(_ first: Int32, _ count: Int32) -> Int32 {
    let start = max(0, Int(first))
    let end = start + min(max(0, Int(count)), Int(Int32.max) - start)
    guard let bytes = pageCore?.lines(start..<end) else { return 0 }
    return pageMemory.put(bytes)
}

/// Puts out about `limit` bytes of the lines that a peer with the header in the input lacks;
/// returns their number, or −1 if it is no header.
@_expose(wasm, "core_changes")
@_cdecl("core_changes")
public func coreChanges(_ count: Int32, _ limit: Int32) -> Int32 {
    let header = pageMemory.received(Int(count))
    guard let lines = pageCore?.changes(since: header, limit: Int(limit)) else { return -1 }
    return pageMemory.put(lines)
}

/// Puts out what this peer has as a header line.
@_expose(wasm, "core_header")
@_cdecl("core_header")
public func coreHeader() -> Int32 {
    guard let bytes = pageCore?.header else { return 0 }
    return pageMemory.put(bytes)
}

/// One of the peer's numbers, as `NUMBERS` in `Web/pageCore.js` lists them; −1 for another.
@_expose(wasm, "core_number")
@_cdecl("core_number")
public func coreNumber(_ which: Int32) -> Double {
    pageCore?.number(Int(which)) ?? -1
}
