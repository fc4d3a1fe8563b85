// SPDX-License-Identifier: MIT
//
// Telling those who have subscribed.

/** Adds a registration of its own, so that the same function subscribed twice is two. */
export function subscribeTo(set, listener) {
  const registration = { listener };
  set.add(registration);
  return () => { set.delete(registration); };
}

/** Calls everyone who is subscribed now; one that fails does not keep the others from hearing. */
export function callAll(set, argument, failed) {
  for (const { listener } of [...set]) {
    try { listener(argument); } catch (error) { failed(error); }
  }
}
