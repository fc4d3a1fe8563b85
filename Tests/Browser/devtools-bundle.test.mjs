// SPDX-License-Identifier: MIT
//
// A session in a file, out and in; and files that somebody made to do harm.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  BUNDLE_BOUNDS, BundleError, Recording, read, readLifted, sessionOf, write, writeLifted,
} from '../../Web/devtools-bundle.js';
import { compareModels } from '../../Web/devtools-compare.js';
import { Model, finish } from '../../Web/devtools-model.js';
import { connected, log, settle, update } from './played-world.mjs';

const sum = (state = { n: 0 }, action) => (action.type === 'A' ? { n: state.n * 2 + action.n } : state);

function worked(peer) {
  const model = new Model(peer);
  while (model.work()) { /* until there is nothing left */ }
  return model;
}

async function session(reducer = sum) {
  const { peer, socket, clock } = await connected({ reducer, serverClock: { x: 0 } });
  const model = worked(peer);
  socket.say(update(1, 3, 'x'), update(2, 5, 'x'));
  peer.dispatch({ type: 'A', n: 7 });
  peer.dispatch({ type: '@LOCAL', n: 1 });
  socket.say(update(3, 2, 'y'));
  await settle();
  clock.advance(1);
  while (model.work()) { /* all of it */ }
  return { peer, model };
}

const replayed = (text, reducer = sum) => worked(new Recording(read(text), { reducer }));

test('a session that goes out comes in elsewhere: order, arrival, lateness, states and rewinds', async () => {
  const { peer, model } = await session();
  const there = replayed(write(model, { name: 'sum' }));
  const rows = (entries) => entries.map(
    ({ action, timestamp, source, late, effect }) => ({ action, timestamp, source, late, effect }));
  assert.deepEqual(rows(there.order), rows(model.order));
  assert.deepEqual(rows(there.arrivals), rows(model.arrivals));
  assert.deepEqual(there.stateAt(there.order.length), peer.getState());
  assert.equal(there.isFaithful(), true);
  assert.deepEqual(there.hashes(), model.hashes());
  const { rewinds, reducer, source } = read(write(model, { name: 'sum' }));
  assert.deepEqual([reducer, source, rewinds.map(({ late, again }) => [late, again])], ['sum', 'ME', [[1, 3]]]);
  assert.equal(finish(compareModels(model, there)).kind, 'same');
  assert.deepEqual(write(there), write(replayed(write(there))), 'and out again');
});

test('a session replayed by another reducer says where the states part', async () => {
  const { model } = await session();
  const other = (state = { n: 0 }, action) => (action.n === 7 ? { n: -1 } : sum(state, action));
  const there = replayed(write(model), other);
  assert.equal(there.isFaithful(), false);
  const { peer } = await session(other);
  const found = finish(compareModels(worked(peer), replayed(write(model))));
  assert.deepEqual([found.kind, found.place], ['state', 3]);
});

const file = (change) => {
  const made = {
    format: 'scuttlebutt-session',
    version: 1,
    reducer: '',
    source: 'ME',
    marks: [],
    reports: [],
    rewinds: [],
    state: null,
    arrivals: [[{ type: 'A', n: 1 }, 1, 'x']],
  };
  return JSON.stringify({ ...made, ...change });
};

for (const [what, text, words] of [['no JSON', '{', /not JSON/],
       ['a list', '[]', /no session/],
       ['another format', file({ format: 'other' }), /no session/],
       ['a later version', file({ version: 2 }), /version 2, and these tools read 1/],
       ['no source', file({ source: '' }), /whose/],
       ['a source without end', file({ source: 'x'.repeat(BUNDLE_BOUNDS.source + 1) }), /whose/],
       ['no actions', file({ arrivals: {} }), /no actions/],
       ['an action without a type', file({ arrivals: [[{ n: 1 }, 1, 'x']] }), /action 1 of the file has no type/],
       ['an action that is a script', file({ arrivals: [['alert(1)', 1, 'x']] }), /no type/],
       ['a stamp that is text', file({ arrivals: [[{ type: 'A' }, '1', 'x']] }), /no stamp/],
       ['a stamp beyond the bound', file({ arrivals: [[{ type: 'A' }, 1e300, 'x']] }), /no stamp/],
       ['a negative stamp', file({ arrivals: [[{ type: 'A' }, -1, 'x']] }), /no stamp/],
       [
         'a stamp that occurs twice', file({ arrivals: [[{ type: 'A' }, 1, 'x'], [{ type: 'B' }, 1, 'x']] }),
         /another one has/
       ],
       ['a local action without a place', file({ arrivals: [[{ type: '@A' }, null, ['x']]] }), /no place/],
       [
         'more actions than the bound',
         `{"format":"scuttlebutt-session","version":1,"source":"M","arrivals":[${
         '0,'.repeat(BUNDLE_BOUNDS.actions)}0]}`,
         /more than/
       ],
]) {
  test(`refused with a reason: ${what}`, () => {
    assert.throws(() => read(text), (error) => error instanceof BundleError && words.test(error.message));
  });
}

test('a file that is larger than the bound is not even parsed', () => {
  const huge = { toString() { throw new Error('not to be read'); } };
  assert.throws(() => read(huge), BundleError);
  assert.throws(() => read(' '.repeat(BUNDLE_BOUNDS.units + 1)), /too large/);
});

test('names of members that would change other objects change nothing', () => {
  const poison = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type":"A","n":1}';
  const text = file({ state: 0, reports: [0], rewinds: [0] })
    .replace('{"type":"A","n":1}', poison).replace('"x"', '"__proto__"').replace('"state":0', `"state":${poison}`)
    .replace('"reports":[0]', `"reports":[${poison}]`).replace('"rewinds":[0]', `"rewinds":[${poison}]`);
  const there = replayed(text, (state = {}, action) => ({ ...state, [action.type]: action }));
  assert.equal({}.polluted, undefined);
  assert.equal([].polluted, undefined);
  assert.deepEqual(there.matrix(), { total: 1, sources: ['__proto__'], rows: [{ name: 'this peer', values: [1] }] });
  there.difference(0);
  there.hashes();
  readLifted(`{"actionsById":{"__proto__":{"action":{"type":"X"}},"1":{"action":${poison}}},"stagedActionIds":[1]}`);
  assert.throws(() => readLifted('{"actionsById":{},"stagedActionIds":["__proto__"]}'), BundleError);
  assert.equal({}.polluted, undefined);
});

test('text of a file stays text, and is cut off', () => {
  const script = '<img src=x onerror=alert(1)>';
  const { reports, rewinds, aside } = read(file({
    reports: [{ kind: script, text: 'x'.repeat(10_000) }, 3, null], rewinds: [{ late: 'many', sources: [1, script] }],
    arrivals: [[{ type: script }, 1, script, script]],
  }));
  assert.deepEqual(reports.map(({ kind, text }) => [kind, text.length]), [[script, BUNDLE_BOUNDS.text]]);
  assert.deepEqual(rewinds, [{ at: 0, late: 0, again: 0, isSame: false, sources: [script] }]);
  assert.equal(aside[0].reason, script);
});

// ---- Redux DevTools

test('what goes out for Redux DevTools is a lifted state, and comes in again', async () => {
  const { peer, model } = await session();
  const text = writeLifted(model);
  const lifted = JSON.parse(text);
  assert.deepEqual(lifted.stagedActionIds, [0, 1, 2, 3, 4, 5]);
  assert.equal(lifted.nextActionId, 6);
  assert.equal(lifted.currentStateIndex, 5);
  assert.deepEqual(lifted.computedStates.at(-1).state, peer.getState());
  assert.deepEqual(lifted.actionsById[1], { type: 'PERFORM_ACTION', action: { type: 'A', n: 3 }, timestamp: 2 });
  const { actions, initialState } = readLifted(text);
  assert.deepEqual(initialState, { n: 0 });
  const there = worked(new Recording(sessionOf(actions), { reducer: sum, initialState }));
  assert.deepEqual(there.stateAt(5), peer.getState());
});

test('a list of actions and the two texts of an export are taken as well; skipped actions stay out', () => {
  const actions = [{ type: 'A', n: 1 }, { type: 'A', n: 2 }];
  assert.deepEqual(readLifted(JSON.stringify(actions)).actions.map(({ action }) => action), actions);
  const both = JSON.stringify({ payload: JSON.stringify(actions), preloadedState: '{"n":5}' });
  assert.deepEqual(readLifted(both).initialState, { n: 5 });
  const lifted = {
    actionsById: { 0: { action: { type: '@@INIT' } }, 1: { action: actions[0] }, 2: { action: actions[1] } },
    stagedActionIds: [0, 1, 2], skippedActionIds: [1],
  };
  const there = worked(new Recording(sessionOf(readLifted(JSON.stringify(lifted)).actions), { reducer: log }));
  assert.deepEqual(there.stateAt(1), [2]);
  for (const text of ['{}', '[1]', '{"actionsById":{},"stagedActionIds":[4]}', '{"payload":"["}']) {
    assert.throws(() => readLifted(text), BundleError, text);
  }
});

test('only the newest actions go to Redux DevTools, on the state before them', async () => {
  const { peer } = await connected({ reducer: sum });
  const count = BUNDLE_BOUNDS.lifted + 10;
  for (let n = 0; n < count; n++) peer.dispatch({ type: 'A', n: n % 2 });
  const lifted = JSON.parse(writeLifted(worked(peer)));
  assert.equal(lifted.stagedActionIds.length, BUNDLE_BOUNDS.lifted + 1);
  assert.deepEqual(lifted.committedState, worked(peer).stateAt(10));
});
