// SPDX-License-Identifier: MIT
//
// The behaviours D1 to D13 of docs/behaviours.md, over a copy of some actions.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Lifted } from '../../Web/devtools-lifted.js';

let calls = 0;
const list = (state, { n }) => {
  calls += 1;
  if (n < 0) throw new Error(`no ${n}`);
  return [...state, n];
};
const of = (n) => ({ type: 'A', n });

function make(numbers, options) {
  const lifted = new Lifted({ reduce: list, initialState: [], ...options });
  for (const n of numbers) lifted.perform(of(n));
  calls = 0;
  return lifted;
}

const states = ({ lifted }) => lifted.computedStates.map(({ state }) => state.join(''));

test('D1: the lifted state has all its parts', () => {
  const { lifted } = make([1, 2]);
  assert.deepEqual(lifted.stagedActionIds, [0, 1, 2]);
  assert.deepEqual([lifted.nextActionId, lifted.currentStateIndex, lifted.committedState], [3, 2, []]);
  assert.deepEqual(
    [lifted.skippedActionIds, lifted.isLocked, lifted.isPaused, lifted.monitorState], [[], false, false, null]);
  assert.deepEqual([...lifted.actionsById.values()].map(({ action }) => action.n), [1, 2]);
});

test('D2: an action is computed once, and the view moves along only from the end', () => {
  const lifted = make([1, 2]);
  lifted.perform(of(3));
  assert.equal(calls, 1);
  assert.deepEqual(lifted.state, [1, 2, 3]);
  lifted.jumpTo(1);
  lifted.perform(of(4));
  assert.deepEqual(lifted.state, [1]);
});

test('D3: commit keeps the state, rollback the base, reset the state at creation', () => {
  const lifted = make([1, 2]);
  assert.equal(lifted.commit(), true);
  lifted.perform(of(3));
  lifted.rollback();
  assert.deepEqual([lifted.state, lifted.lifted.stagedActionIds], [[1, 2], [0]]);
  lifted.reset();
  assert.deepEqual(lifted.state, []);
});

test('D4: skipped actions do nothing, and only what follows is computed again', () => {
  const lifted = make([1, 2, 3, 4]);
  lifted.toggle(3);
  assert.deepEqual([states(lifted), calls], [['', '1', '12', '12', '124'], 1]);
  lifted.toggle(3);
  lifted.setActive(1, 3, false);
  assert.deepEqual(states(lifted), ['', '', '', '3', '34']);
  lifted.sweep();
  assert.deepEqual([states(lifted), lifted.lifted.currentStateIndex], [['', '3', '34'], 2]);
  lifted.toggle(0);
  lifted.toggle(99);
  assert.deepEqual(states(lifted), ['', '3', '34']);
});

test('D5: a jump moves the view and computes nothing', () => {
  const lifted = make([1, 2, 3]);
  lifted.jumpToAction(2);
  assert.deepEqual([lifted.state, calls], [[1, 2], 0]);
  for (const place of [-1, 4, 1.5]) lifted.jumpTo(place);
  lifted.jumpToAction(77);
  assert.deepEqual(lifted.state, [1, 2]);
});

test('D6: an action moves before another, never before the beginning', () => {
  const lifted = make([1, 2, 3]);
  lifted.reorder(3, 2);
  assert.deepEqual([states(lifted), calls], [['', '1', '13', '132'], 2]);
  lifted.reorder(3, 0);
  lifted.reorder(0, 1);
  lifted.reorder(9, 1);
  assert.deepEqual(states(lifted), ['', '1', '13', '132']);
});

test('D7: a lifted state replaces everything, with or without computing; a list is computed', () => {
  const lifted = make([9]);
  lifted.import(make([1, 2]).lifted, { computes: false });
  assert.deepEqual([lifted.state, calls], [[1, 2], 0]);
  lifted.import(make([1, 2]).lifted);
  assert.equal(calls, 2);
  lifted.import([of(5)], { initialState: [4] });
  assert.deepEqual(lifted.state, [4, 5]);
});

test('D8: locked, actions are ignored; paused, they change the state and leave no entry', () => {
  const lifted = make([1]);
  lifted.lock(true);
  lifted.perform(of(2));
  assert.deepEqual(lifted.state, [1]);
  lifted.lock(false);
  lifted.pause(true);
  lifted.perform(of(3));
  assert.deepEqual([lifted.state, lifted.lifted.stagedActionIds], [[1, 3], [0, 1]]);
  lifted.pause(false);
  assert.deepEqual([lifted.state, lifted.lifted.stagedActionIds], [[1, 3], [0]]);
});

test('D9: after an error nothing is computed, and no commit goes past it', () => {
  const lifted = make([1, -2, 3]);
  const { computedStates } = lifted.lifted;
  assert.deepEqual(computedStates.map(({ state }) => state), [[], [1], [1], [1]]);
  assert.match(computedStates[2].error, /no -2/);
  assert.match(computedStates[3].error, /not computed/);
  const short = make([1, -2], { maxAge: 3 });
  for (const n of [3, 4, 5]) short.perform(of(n));
  assert.deepEqual(short.lifted.committedState, [1]);
  assert.ok(short.lifted.stagedActionIds.includes(2), 'the failed one is still there');
  assert.throws(() => make([-1], { isCatching: false }), /no -1/);
});

test('D18: as peers do, it can go on after an action that failed', () => {
  const lifted = make([1, -2, 3], { goesOn: true, maxAge: 3 });
  assert.deepEqual(lifted.state, [1, 3]);
  lifted.perform(of(4));
  assert.deepEqual([lifted.lifted.stagedActionIds.length, lifted.state], [3, [1, 3, 4]]);
});

test('D10: the oldest are committed when the log is full', () => {
  const lifted = make([1, 2, 3, 4], { maxAge: 3 });
  assert.deepEqual([lifted.lifted.committedState, states(lifted)], [[1, 2], ['12', '123', '1234']]);
  assert.deepEqual(lifted.state, [1, 2, 3, 4]);
  assert.throws(() => make([], { maxAge: 1 }), RangeError);
  assert.throws(() => make([1], { maxAge: () => 1 }), RangeError);
  const changing = make([1, 2, 3, 4], { maxAge: ({ n }) => (n < 4 ? 10 : 2) });
  assert.equal(changing.lifted.stagedActionIds.length, 2);
});

test('D11: another reducer computes everything again, or begins from the state of now', () => {
  const lifted = make([1, 2]);
  const doubled = (state, { n }) => [...state, n * 2];
  lifted.replaceReducer(doubled);
  assert.deepEqual(lifted.state, [2, 4]);
  lifted.replaceReducer(list, { computes: false });
  assert.deepEqual([lifted.state, lifted.lifted.stagedActionIds], [[2, 4], [0]]);
});

test('D12: what a monitor keeps computes nothing', () => {
  const lifted = make([1, 2]);
  lifted.monitorState = { scroll: 3 };
  assert.deepEqual([lifted.lifted.monitorState, calls, lifted.state], [{ scroll: 3 }, 0, [1, 2]]);
});

test('D13: where the current state is missing, the last good one is read', () => {
  const lifted = make([1]);
  lifted.import({ ...make([1]).lifted, computedStates: [{ state: [] }, { error: 'gone' }] }, { computes: false });
  assert.deepEqual(lifted.state, [1]);
});

test('D18: what may still be rewound is not committed', () => {
  const lifted = make([1], { isStable: () => false });
  assert.equal(lifted.commit(), false);
  assert.deepEqual(lifted.lifted.stagedActionIds, [0, 1]);
});
