// SPDX-License-Identifier: MIT
//
// The reducers of the three pages.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const Reducers = createRequire(import.meta.url)('../../Web/reducers.js');

test('the counter counts, and ignores what is not its own', () => {
  const run = (...types) => types.reduce((state, type) => Reducers.counter(state, { type }), undefined).counter;
  assert.equal(run('INCREMENT', 'INCREMENT_ODD', 'INCREMENT_ODD', 'X', 'STEP'), 2);
  assert.equal(run('DECREMENT', 'INCREMENT_ODD'), 0);
});

test('the chat keeps messages with their stamp and refuses other payloads', () => {
  const meta = { timestamp: 4, source: 'S' };
  let state = Reducers.chat(undefined, { type: 'INIT' }, meta);
  state = Reducers.chat(state, { type: 'ADD_MESSAGE', payload: '<b>' }, meta);
  state = Reducers.chat(state, { type: 'ADD_MESSAGE', payload: { x: 1 } }, meta);
  assert.deepEqual(state, { messages: [{ message: '<b>', source: 'S', timestamp: 4, id: '4-S' }] });
});

test('life toggles, steps with wrapping edges, resets, and ignores wrong payloads', () => {
  let state = Reducers.life(undefined, { type: 'INIT' });
  assert.equal(state.grid.length, 30);
  for (const payload of [null, undefined, {}, { x: 30, y: 0 }, { x: -1, y: 0 }, { x: 0.5, y: 0 }, { x: '1', y: 1 }]) {
    assert.equal(Reducers.life(state, { type: 'TOGGLE', payload }), state);
  }
  for (const x of [29, 0, 1]) state = Reducers.life(state, { type: 'TOGGLE', payload: { x, y: 0 } });
  assert.equal(state.grid[0][29], 1);
  state = Reducers.life(state, { type: 'STEP' });
  const alive = state.grid.flatMap((row, y) => row.flatMap((cell, x) => (cell ? [[x, y]] : [])));
  assert.deepEqual(alive, [[0, 0], [0, 1], [0, 29]]);
  assert.deepEqual(Reducers.life(state, { type: 'RESET' }), Reducers.life(undefined, { type: 'INIT' }));
});
