// SPDX-License-Identifier: MIT

// A reducer that stamps its states names `Stamp`, which lives below.
@_exported public import Scuttlebutt
