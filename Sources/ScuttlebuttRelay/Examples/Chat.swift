// SPDX-License-Identifier: MIT

public import Redux
import Scuttlebutt
public import ScuttlebuttCoding

/// The state of the chat example: everyone's messages in agreed order.
public struct Chat: Hashable, Sendable {
    /// One message.
    public struct Message: Hashable, Sendable {
        /// The text of the message.
        public let text: String
        /// The timestamp and source of the action; empty for one that never left this peer.
        public let meta: ActionMeta
    }

    /// The messages, oldest first.
    public private(set) var messages: [Message] = []

    /// Creates the initial state, which has no messages.
    public init() {}

    /// Appends a message for each `ADD_MESSAGE`, whose `payload` is the text.
    ///
    /// Actions of other types, and payloads that are not strings, change nothing.
    public static let reducer = Reducer<Chat, RawAction> { state, action, meta in
        state.apply(action, ExampleAction.kind(of: action), meta)
    }

    mutating func apply(_ action: RawAction, _ kind: ExampleAction?, _ meta: ActionMeta) {
        guard kind == .addMessage, let text = ExampleAction.payload(of: action)?.string else {
            return
        }
        messages.append(Message(text: text, meta: meta))
    }

    /// The state as JSON: `{"messages":[{"message":…,"source":…,"timestamp":…,"id":…},…]}`.
    ///
    /// - Complexity: O(n), where n is the total length of all messages.
    public var json: [UInt8] {
        var bytes = Array("{\"messages\":[".utf8)
        for (index, message) in messages.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            message.write(to: &bytes)
        }
        bytes.append(contentsOf: "]}".utf8)
        return bytes
    }
}

extension Chat.Message {
    func write(to bytes: inout [UInt8]) {
        var time = Array("null".utf8)
        if let timestamp = meta.timestamp {
            time = []
            JSONNumber.append(timestamp.value, to: &time)
        }
        bytes.append(contentsOf: "{\"message\":".utf8)
        JSONString.encode(Array(text.utf8), into: &bytes)
        bytes.append(contentsOf: ",\"source\":".utf8)
        if let source = meta.source {
            JSONString.encode(source.utf8, into: &bytes)
        } else {
            bytes.append(contentsOf: "null".utf8)
        }
        bytes.append(contentsOf: ",\"timestamp\":".utf8)
        bytes.append(contentsOf: time)
        bytes.append(contentsOf: ",\"id\":".utf8)
        // JavaScript's number format, so that the pages create the same identifiers.
        let source = meta.source?.utf8 ?? Array("null".utf8)
        JSONString.encode(time + [UInt8(ascii: "-")] + source, into: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }
}
