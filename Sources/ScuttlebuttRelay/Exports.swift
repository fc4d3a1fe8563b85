// SPDX-License-Identifier: MIT

// The parts of `ExampleState`, which pages and terminal programs share.
@_exported public import ExampleReducers
