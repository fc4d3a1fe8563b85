// SPDX-License-Identifier: MIT
//
// Waiting, in one place: no test sleeps for a while and hopes.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Generous, since many things may run on two cores; what is right is there within a second. */
const LONGEST = 30_000; // ms

/** Reads again and again until `accept(value)` is true, and returns that value. */
export async function eventually(what, read, accept = Boolean) {
  const deadline = Date.now() + LONGEST;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)}`);
    await pause(20);
  }
}

/** Reads until the value equals `expected`; in the end it fails with the difference. */
export async function reaches(expected, read, what) {
  const equals = (value) => {
    try { assert.deepEqual(value, expected); return true; } catch { return false; }
  };
  let last;
  try {
    await eventually(what, async () => { last = await read(); return last; }, equals);
  } catch {
    assert.deepEqual(last, expected, what);
  }
}

/** A promise that fails when it takes too long. */
export async function soon(what, promise) {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, pause(LONGEST, null, { signal: timer.signal }).then(() => {
      throw new Error(`${what}: nothing within ${LONGEST / 1_000} s`);
    })]);
  } finally {
    timer.abort();
    promise.catch(() => {});
  }
}
