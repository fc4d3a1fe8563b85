// SPDX-License-Identifier: MIT
//
// A peer in the Redux DevTools of the browser; the extension is played.
import test from 'node:test';
import assert from 'node:assert/strict';
import { EXTENSION_BOUNDS, connect } from '../../Web/devtools-extension.js';
import { eventually } from './eventually.mjs';
import { connected, log, settle, update } from './played-world.mjs';

const sum = (state = { n: 0 }, action) => {
  if (action.type === 'THROW') throw new Error('mine');
  return action.type.startsWith('A') ? { n: state.n * 2 + action.n } : state;
};

async function played(t, options = {}, reducer = sum) {
  const world = await connected({ reducer, serverClock: { x: 0 } });
  const sent = [];
  const errors = [];
  let say;
  const extension = {
    connect: () => ({
      send: (action, state) => sent.push([action, state]), error: (text) => errors.push(text),
      subscribe: (listener) => { say = listener; return () => { say = () => {}; }; },
    }),
  };
  const bridge = connect(world.peer, { extension, ...options });
  t.after(() => bridge.end());
  return { ...world, sent, errors, say: (message) => say(message), bridge };
}

const sends = (sent, count) => eventually('what is sent', () => sent.length, (length) => length >= count);
const last = (sent) => sent.at(-1)[1];
const types = (lifted) => lifted.stagedActionIds.map((id) => lifted.actionsById[id].action.type);

test('without the extension there is nothing', () => assert.equal(connect({}, { extension: undefined }), null));

test('D16: nothing is computed or sent until a monitor listens, and after it has stopped', async (t) => {
  const { peer, sent, say } = await played(t);
  peer.dispatch({ type: 'A', n: 1 });
  await settle();
  assert.deepEqual(sent, []);
  say({ type: 'START' });
  await sends(sent, 1);
  assert.equal(sent[0][0], null);
  assert.deepEqual(types(last(sent)), ['@@INIT', 'A']);
  assert.deepEqual(last(sent).computedStates, [{ state: { n: 0 } }, { state: { n: 1 } }]);
  peer.dispatch({ type: 'A', n: 2 });
  await sends(sent, 2);
  assert.deepEqual(last(sent), { n: 4 });
  assert.deepEqual(sent[1][0], { type: 'A', n: 2 });
  say({ type: 'STOP' });
  peer.dispatch({ type: 'A', n: 3 });
  await settle();
  assert.equal(sent.length, 2);
});

test('a late action is a structural change, sent as a whole', async (t) => {
  const { socket, clock, sent, say } = await played(t);
  socket.say(update(1, 5, 'x'));
  say({ type: 'START' });
  await sends(sent, 1);
  socket.say(update(7, 2, 'y'));
  await settle();
  clock.advance(1);
  await sends(sent, 2);
  assert.deepEqual(last(sent).computedStates.map(({ state }) => state.n), [0, 7, 15]);
});

test('D17: what the extension dispatches is decoded, never evaluated', async (t) => {
  const { peer, errors, say } = await played(t);
  for (const payload of ['globalThis.evil = 1', '{"n":1}', '(() => 1)()']) say({ type: 'ACTION', payload });
  assert.equal(errors.length, 3);
  assert.equal(globalThis.evil, undefined);
  say({ type: 'ACTION', payload: '{"type":"A","n":4}' });
  assert.deepEqual(peer.getState(), { n: 4 });
});

test('D5: a jump shows a state in the page; `payload` and `action` are both taken', async (t) => {
  const shown = [];
  const { peer, sent, say } = await played(t, { travel: (state, place) => shown.push([state, place]) });
  for (const n of [1, 2, 3]) peer.dispatch({ type: 'A', n });
  say({ type: 'START' });
  await sends(sent, 1);
  say({ type: 'DISPATCH', payload: { type: 'JUMP_TO_ACTION', actionId: 2 } });
  say({ type: 'DISPATCH', action: { type: 'JUMP_TO_STATE', index: 1 } });
  say({ type: 'DISPATCH', payload: { type: 'JUMP_TO_ACTION', actionId: 3 } });
  say({ type: 'DISPATCH', payload: { type: 'JUMP_TO_ACTION', actionId: 77 } });
  assert.deepEqual(shown, [[{ n: 4 }, 2], [{ n: 1 }, 1], [null, null]]);
});

test('D18: what the extension skips, moves or commits stays a view', async (t) => {
  const { peer, sent, say, errors } = await played(t);
  for (const n of [1, 2, 3]) peer.dispatch({ type: 'A', n });
  const history = JSON.stringify(peer.history());
  say({ type: 'START' });
  await sends(sent, 1);
  const view = (payload) => {
    say({ type: 'DISPATCH', payload });
    return last(sent).computedStates.map(({ state }) => state.n);
  };
  assert.deepEqual(view({ type: 'TOGGLE_ACTION', id: 2 }), [0, 1, 1, 5]);
  assert.deepEqual(last(sent).skippedActionIds, [2]);
  assert.deepEqual(view({ type: 'TOGGLE_ACTION', id: 2 }), [0, 1, 4, 11]);
  assert.deepEqual(view({ type: 'REORDER_ACTION', actionId: 3, beforeActionId: 1 }), [0, 3, 7, 16]);
  view({ type: 'COMMIT' });
  assert.match(errors[0], /nothing can be committed/);
  assert.deepEqual(view({ type: 'RESET' }), [0, 1, 4, 11]);
  const { length } = sent;
  view({ type: 'MONITOR_SCROLL' });
  assert.equal(sent.length, length, 'D12');
  assert.deepEqual([JSON.stringify(peer.history()), peer.getState()], [history, { n: 11 }]);
});

test('D15: what is denied or made harmless is so only in the extension', async (t) => {
  const { peer, sent, say } = await played(t, {
    deny: /SECRET/, predicate: (state, action) => action.n !== 9, actionSanitizer: (action) => ({ ...action, n: '?' }),
    stateSanitizer: ({ n }) => n,
  });
  for (const [type, n] of [['A', 1], ['A_SECRET', 2], ['A', 9]]) peer.dispatch({ type, n });
  say({ type: 'START' });
  await sends(sent, 1);
  assert.deepEqual(types(last(sent)), ['@@INIT', 'A']);
  assert.deepEqual(last(sent).computedStates.map(({ state }) => state), [0, 1]);
  assert.equal(last(sent).actionsById[1].action.n, '?');
  assert.deepEqual(peer.getState(), { n: 17 });
  peer.dispatch({ type: 'A_SECRET', n: 3 });
  peer.dispatch({ type: 'A', n: 1 });
  await sends(sent, 2);
  assert.deepEqual(sent.slice(1), [[{ type: 'A', n: '?' }, 75]]);
});

test('only the newest actions are given, and a failing one shows its error', async (t) => {
  const { peer, sent, say } = await played(t, {}, log);
  for (let n = 0; n < EXTENSION_BOUNDS.actions + 20; n++) peer.dispatch({ type: 'A', n });
  say({ type: 'START' });
  await sends(sent, 1);
  assert.equal(last(sent).stagedActionIds.length, EXTENSION_BOUNDS.actions + 1);
  assert.equal(last(sent).committedState.length, 20);
  const failing = await played(t);
  failing.peer.dispatch({ type: 'THROW' });
  failing.peer.dispatch({ type: 'A', n: 1 });
  failing.say({ type: 'START' });
  await sends(failing.sent, 1);
  assert.match(last(failing.sent).computedStates[1].error, /mine/);
  assert.deepEqual(last(failing.sent).computedStates[2], { state: { n: 1 } });
});
