// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRelay
import ScuttlebuttRuntime

/// The type of object a peer replicates.
enum PeerType: String, CaseIterable, ExpressibleByArgument {
    case actions, model, events, value, array, edit
    case appendOnly = "append-only"
    case expiryModel = "expiry-model"
    case doc, bucket

    /// Opens an object of this type and loads its store file, if it has one.
    ///
    /// - Throws: ``CommandError`` or a `StorageError` if the file is not a store or belongs to
    ///   another identity.
    func open(
        id: Source?, store: PeerStore?, isNewID: Bool, watch: SilenceWatch
    ) async throws -> any GossipingPeer {
        switch self {
        case .actions:
            try await ActionPeer(
                .log, .actions, id: id, store: store, isNewID: isNewID, watch: watch)
        case .model: try await DataPeer(.model, id: id, store: store, watch: watch)
        case .events: try await DataPeer(.events, id: id, store: store, watch: watch)
        case .value: try await DataPeer(.value, id: id, store: store, watch: watch)
        case .array: try await DataPeer(.array, id: id, store: store, watch: watch)
        case .edit: try await DataPeer(.edit, id: id, store: store, watch: watch)
        case .appendOnly:
            try await DataPeer(.appendOnly, id: id, store: store, watch: watch)
        case .expiryModel:
            try await DataPeer(.expiryModel, id: id, store: store, watch: watch)
        case .doc: try await DataPeer(.doc, id: id, store: store, watch: watch)
        case .bucket: try await DataPeer(.bucket, id: id, store: store, watch: watch)
        }
    }
}
