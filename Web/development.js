// SPDX-License-Identifier: MIT
//
// In development a reducer that changes what it is given is found at once: state and actions are frozen.
import { BOUNDS } from './bounds.js';

/**
 * Freezes plain objects and arrays in depth, and returns `value`. What is frozen already is not looked into again,
 * so that an action costs what is new; larger ones than `BOUNDS.frozen` are left alone.
 */
export function freeze(value) {
  const waiting = [value];
  for (let count = 0; waiting.length > 0 && count < BOUNDS.frozen; count++) {
    const item = waiting.pop();
    if (typeof item !== 'object' || item === null || Object.isFrozen(item)) continue;
    const prototype = Object.getPrototypeOf(item);
    if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) continue;
    if (Array.isArray(item) && item.length > BOUNDS.frozen) continue;
    const members = Object.values(Object.getOwnPropertyDescriptors(item));
    if (members.length > BOUNDS.frozen) continue;
    for (const member of members) if ('value' in member) waiting.push(member.value); // no getter is called
    Object.freeze(item);
  }
  return value;
}
