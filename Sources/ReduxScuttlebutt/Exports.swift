// SPDX-License-Identifier: MIT

// A program that imports the store declares its actions with `GossipAction`, which lives below it.
@_exported public import ScuttlebuttCoding
