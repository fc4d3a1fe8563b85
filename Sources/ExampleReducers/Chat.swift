// SPDX-License-Identifier: MIT

public import PortableReducers
public import Scuttlebutt

/// Everyone's messages in agreed order.
public struct Chat: PortableState, Hashable {
    /// What can happen: somebody writes.
    public enum Action: PortableAction {
        /// Adds a message. It travels as `{"type":"ADD_MESSAGE","payload":"the text"}`.
        case addMessage(PortableText)

        /// The one type.
        public var type: StaticString { "ADD_MESSAGE" }

        /// Decodes an action; a payload that is not a string makes it none of these.
        public init?(_ action: ActionText) {
            guard case "ADD_MESSAGE" = action.type, let text = action.payload?.text else {
                return nil
            }
            self = .addMessage(text)
        }

        /// Writes the text.
        public func writePayload(to json: inout JSONOutput) {
            switch self {
            case .addMessage(let text): json.value(text)
            }
        }
    }

    /// One message.
    public struct Message: Hashable, Sendable {
        /// What somebody wrote.
        public let message: PortableText
        /// Where its action stands among everybody's, and who wrote it.
        ///
        /// It is not part of the action, so nobody can make a reducer believe a wrong place.
        public let stamp: Stamp?

        /// What somebody wrote, as a string.
        public var text: String { message.string }
    }

    /// The messages, oldest first.
    public private(set) var messages = GrowingList<Message>()

    /// Creates the initial state, which has no messages.
    public init() {}

    /// Appends what is written.
    public mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch action {
        case .addMessage(let text): messages.append(Message(message: text, stamp: stamp))
        }
    }

    /// Writes `{"messages":[{"message":…,"source":…,"timestamp":…,"id":…},…]}`.
    public func write(to json: inout JSONOutput) {
        json.object { $0.member("messages", messages) }
    }

    /// Writes a window of the messages for the view `messages`.
    public func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool {
        guard case "messages" = view.name else { return false }
        json.window(messages, view)
        return true
    }
}

extension Chat.Message: JSONWritable {
    /// The same on every peer, such as `4-SOURCE`.
    ///
    /// Never draw a random identifier in a reducer.
    public var id: PortableText {
        var id: [UInt8] = []
        if let stamp {
            // JavaScript's number format, so that everybody creates the same identifiers.
            JSONNumber.append(stamp.timestamp.value, to: &id)
            id.append(UInt8(ascii: "-"))
            id += stamp.source.utf8
        } else {
            id += Array("null-null".utf8)
        }
        return PortableText(utf8: id)
    }

    /// Writes the message with its place in the order.
    public func write(to json: inout JSONOutput) {
        json.object {
            $0.member("message", message)
            $0.member("source", stamp.map { PortableText(utf8: $0.source.utf8) })
            $0.member("timestamp", stamp?.timestamp.value)
            $0.member("id", id)
        }
    }
}
