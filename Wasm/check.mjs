// SPDX-License-Identifier: MIT
// node check.mjs MODULE.wasm: runs the core as a page would and compares known answers.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';

let memory;
const env = {
  // `Hasher` seeds the dictionaries with this.
  random: (address, count) => {
    webcrypto.getRandomValues(new Uint8Array(memory.buffer, address, count));
  },
};
const bytes = await readFile(process.argv[2]);
const { instance } = await WebAssembly.instantiate(bytes, { env });
const core = instance.exports;
memory = core.memory;

const [A, B, C, Z] = [0, 1, 2, 25];

assert.equal(core.counter_dispatch(1), 0, 'no counter yet');
assert.equal(core.counter_create(26), 0, 'no such source');
assert.equal(core.counter_create(A), 1);
assert.equal(core.counter_dispatch(3), 1, 'the first timestamp is 1');
assert.equal(core.counter_dispatch(-5), 2);
assert.equal(core.counter_state(), 0, 'it never falls below zero');

assert.equal(core.counter_insert(10, 1, B), 1, 'one action comes after (1, B)');
assert.equal(core.counter_state(), 8, '3 + 10 - 5: the late action took its place');
assert.equal(core.counter_insert(10, 1, B), -2, 'a duplicate changes nothing');
assert.equal(core.counter_state(), 8);

for (const hostile of [0, -1, NaN, Infinity, 2 ** 53]) {
  assert.equal(core.counter_insert(1, hostile, Z), -1, `${hostile} is refused`);
}
assert.equal(core.counter_insert(1, 2 ** 53 - 1, Z), 0, 'above the ceiling, but accepted');
assert.equal(core.counter_dispatch(1), 3, 'and our clock did not follow it');
assert.equal(core.counter_state(), 10);

// Enough for several chunks, snapshots and growth of the memory; then one late action below all.
for (let index = 0; index < 20_000; index += 1) core.counter_dispatch(1);
assert.equal(core.counter_insert(1, 0.5, C), 20_005, 'all that came after it ran again');
assert.equal(core.counter_state(), 20_011);
assert.equal(core.counter_history(), 20_006, 'the log holds what the history holds');

// The codec: what it reads, and how it prints what it read.
const canonical = (text) => {
  const line = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer, core.line_address(), line.length).set(line);
  const count = core.line_canonical(line.length);
  if (count <= 0) return count;
  return new TextDecoder().decode(new Uint8Array(memory.buffer, core.line_address(), count));
};
for (const timestamp of [1, 0.1, 5e-324, 1.7952345299260012e12, 4503599627370495.5, 2 ** 53 - 1]) {
  assert.equal(
    canonical(` [{"type":"A","n":1.0}, ${timestamp.toExponential()} ,"\\u00e9"]`),
    `[{"type":"A","n":1.0},${timestamp},"é"]`);
}
assert.equal(canonical('"SYNC"'), 0);
assert.equal(canonical('[{"type":"A"},1e999,"A"]'), -1);
assert.equal(canonical('[{"type":"A"},1,"toString"]'), -1);
assert.equal(canonical('[{"type":"A"},1,'), -2);

console.log(`${bytes.length} bytes of wasm: every answer as expected`);
