// SPDX-License-Identifier: MIT

public import Scuttlebutt
public import ScuttlebuttCoding

/// Who is here: one small value for each peer, shared for as long as the peer is there.
///
/// Names, colours, cursors and "is typing" are not actions. Nobody needs them tomorrow, and they
/// must not grow the log. A presence is told to all connected peers, through relays too, and is
/// gone when its peer leaves, or some time after it has fallen silent.
///
/// ```swift
/// try store.presence.set(Person(name: "Ada", isTyping: false))
/// try store.presence.set("isTyping", true)
/// for await others in store.presence.changes {
///     show(others.compactMap { try? $0.decode(Person.self) })
/// }
/// ```
///
/// Any thread may call anything. Nothing of it is signed: whoever is connected can say anything in
/// anybody's name, so use it for what is pleasant to know and not for what has to be true.
public struct Presence: Sendable {
    private let host: any PresenceHost

    package init(_ host: any PresenceHost) { self.host = host }

    // MARK: Our own

    /// Says that this peer is here, with this value instead of an earlier one.
    ///
    /// Setting an equal value says it again, at most once a second. What changes more often than
    /// every 100 ms is coalesced: the newest value travels.
    ///
    /// - Parameters:
    ///   - value: Encodes to a JSON object of at most 1,024 bytes
    ///     (``/Scuttlebutt/PresenceNews/maximumValueByteCount``).
    ///   - lifetime: How long it holds for others when they hear nothing more; whole seconds, from
    ///     3 to 3,600. It is repeated three times in that time.
    /// - Throws: ``/Scuttlebutt/ReplicaError`` if peers would not take it or the replica was shut
    ///   down, and what the encoding throws; nothing has changed then.
    public func set(_ value: some Encodable, lifetime: Duration = Self.usualLifetime) throws {
        try set(json: try JSONEncoding().encode(value), lifetime: lifetime)
    }

    /// Says that this peer is here, with a JSON object; see ``set(_:lifetime:)``.
    public func set(json: Payload, lifetime: Duration = Self.usualLifetime) throws {
        try host.setPresence(lifetime: Self.seconds(lifetime)) { _ in json }
    }

    /// Changes one member of our value, or adds it; creates the value if there is none.
    ///
    /// - Parameters:
    ///   - name: The name of the member.
    ///   - value: Its new value.
    ///   - lifetime: `nil` to leave it as it is.
    /// - Throws: Like ``set(_:lifetime:)``.
    public func set(
        _ name: String, _ value: some Encodable, lifetime: Duration? = nil
    ) throws {
        let member = try JSONValue(try JSONEncoding().encode(value))
        try host.setPresence(lifetime: lifetime.map { Self.seconds($0) }) { current in
            let value = try current.map { try JSONValue($0) }
            guard case .object(var object) = value ?? .object(JSONValue.Object()) else {
                return current
            }
            object[name] = member
            return JSONValue.object(object).bytes
        }
    }

    /// Says that this peer is not here any longer, although it may stay connected.
    ///
    /// Shutting down says so too.
    public func clear() {
        // Only a value can be refused, and after a shutdown nobody is told anything anyway.
        try? host.setPresence(lifetime: nil) { _ in nil }
    }

    /// What this peer says of itself; `nil` if it has said nothing or was cleared.
    public var own: PresentPeer? { host.presence.own }

    // MARK: Others

    /// The other peers that are here, ordered by source.
    public var others: [PresentPeer] { host.presence.others }

    /// The other peers that are here: at once, and whenever one comes, leaves or says something
    /// else.
    ///
    /// A reader that is slow gets the newest state only. It ends with the shutdown.
    public var changes: PresenceChanges { PresenceChanges(host) }

    /// How long a presence holds unless a program says otherwise: 30 s.
    public static var usualLifetime: Duration { .seconds(PresenceNews.usualLifetime) }

    /// Whole seconds; a fraction counts as one more.
    private static func seconds(_ lifetime: Duration) -> Int {
        let (seconds, attoseconds) = lifetime.components
        return Int(clamping: attoseconds > 0 ? seconds &+ 1 : seconds)
    }
}

/// What one peer says of itself for the moment.
public struct PresentPeer: Hashable, Sendable {
    /// Whose presence it is, as it claims.
    public let source: Source
    /// The value, a JSON object.
    public let json: Payload

    /// Creates the presence of a peer.
    public init(source: Source, json: Payload) {
        self.source = source
        self.json = json
    }

    /// Returns the value in the form that the program gives it.
    ///
    /// - Throws: `DecodingError` if it is not of that form; it comes from strangers.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoding().decode(type, from: json)
    }

    /// A member of the value; `nil` if it has none of this name.
    ///
    /// - Complexity: O(n) in the length of the value.
    public subscript(name: String) -> JSONValue? { (try? JSONValue(json))?[name] }
}

/// Who else is here, from the start of an iteration on; see ``Presence/changes``.
public struct PresenceChanges: AsyncSequence, Sendable {
    private let host: any PresenceHost

    init(_ host: any PresenceHost) { self.host = host }

    /// Starts an iteration, whose first element is who is here now.
    public func makeAsyncIterator() -> Iterator {
        // The signals first: what changes after them is looked at again.
        Iterator(host: host, signals: host.presenceFeed.signals().makeAsyncIterator())
    }

    /// One iteration.
    public struct Iterator: AsyncIteratorProtocol {
        let host: any PresenceHost
        var signals: AsyncStream<Void>.Iterator
        private var last: [PresentPeer]?

        init(host: any PresenceHost, signals: AsyncStream<Void>.Iterator) {
            self.host = host
            self.signals = signals
        }

        /// Returns who is here once that differs from the last time, or `nil` at the end.
        public mutating func next() async -> [PresentPeer]? { await next(isolation: nil) }

        /// Returns who is here once that differs from the last time, or `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> [PresentPeer]? {
            while await signals.next(isolation: actor) != nil {
                let others = host.presence.others
                guard others != last else { continue }
                last = others
                return others
            }
            return nil
        }
    }
}
