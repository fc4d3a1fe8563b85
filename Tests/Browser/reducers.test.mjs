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

const stamp = (timestamp, source = 'S') => ({ timestamp, source });
const fold = (reducer, actions) => actions.reduce((state, [action, ...meta]) => reducer(state, action, stamp(...meta)),
  reducer(undefined, { type: 'INIT' }, stamp(null, null)));

test('every reducer ignores what is not its own, so that all pages share one log', () => {
  const types = {
    counter: ['INCREMENT', 'DECREMENT', 'INCREMENT_ODD'], demo: ['DEMO_ADD', 'DEMO_DOUBLE'],
    chat: ['ADD_MESSAGE', 'EDIT_MESSAGE'], life: ['TOGGLE', 'STEP', 'RESET', 'LIFE_RUN', 'LIFE_PAUSE'],
    board: ['BOARD_STROKE', 'BOARD_UNDO', 'BOARD_CLEAR'], todo: ['TODO_ADD', 'TODO_CHECK', 'TODO_REMOVE'],
  };
  const payloads = [
    undefined, null, 'text', 7, [], {}, { x: 1, y: 1 }, { points: [1, 2], pen: 1 }, { id: '1-S', isDone: true },
  ];
  for (const [name, own] of Object.entries(types)) {
    const start = Reducers[name](undefined, { type: 'INIT' }, stamp(null, null));
    for (const type of Object.values(types).flat().filter((type) => !own.includes(type))) {
      for (const payload of payloads) {
        assert.equal(Reducers[name](start, { type, payload }, stamp(1)), start, `${name} ${type}`);
      }
    }
  }
});

test('no reducer throws at a payload of another shape, or keeps one', () => {
  const hostile = [
    undefined, null, 0, NaN, '', [], [[]], {}, { timestamp: {}, text: [] }, { points: 'xx', pen: {} }, { points: [1], pen: 1 },
    { points: [1, 2, 3], pen: 1 }, { points: [1, -2], pen: 1 }, { points: [1, 1e9], pen: 1 }, { points: [1, 2], pen: 4 },
    { points: [0.5, 2], pen: 1 }, { points: new Array(402).fill(1), pen: 1 }, { id: {}, isDone: 'yes' }, { x: '1', y: null },
  ];
  for (const [name, types] of Object.entries({
    chat: ['ADD_MESSAGE', 'EDIT_MESSAGE'], life: ['TOGGLE'], board: ['BOARD_STROKE', 'BOARD_UNDO'],
    todo: ['TODO_ADD', 'TODO_CHECK', 'TODO_REMOVE'],
  })) {
    for (const type of types) {
      for (const payload of hostile) {
        if (type === 'ADD_MESSAGE' && payload === '') continue; // the originals take an empty message
        const start = Reducers[name](undefined, { type: 'INIT' }, stamp(null, null));
        const state = Reducers[name](start, { type, payload, name: {}, at: {} }, stamp(2));
        assert.equal(state, start, `${type} ${JSON.stringify(payload)}`);
      }
    }
  }
});

test('the demonstration adds and doubles in the order it is given, up to its bound', () => {
  const run = (...types) => fold(Reducers.demo, types.map((type) => [{ type: `DEMO_${type}` }, 1])).number;
  assert.equal(run('ADD', 'DOUBLE', 'ADD'), 3);
  assert.equal(run('ADD', 'ADD', 'DOUBLE'), 4);
  assert.equal(run('ADD', ...new Array(50).fill('DOUBLE'), 'ADD'), Reducers.LIMITS.DEMO_MOST);
});

test('a message keeps the name and the time that its author gives, if they have the right shape', () => {
  const say = (extra) => fold(Reducers.chat, [[{ type: 'ADD_MESSAGE', payload: 'x', ...extra }, 1]]).messages[0];
  const bare = { message: 'x', source: 'S', timestamp: 1, id: '1-S' };
  assert.deepEqual(say({ name: 'Ada', at: 1_000 }), { ...bare, name: 'Ada', at: 1_000 });
  for (const extra of [{ name: 3, at: '3' }, { at: -1 }, { at: 1e17 }, { at: NaN }, { at: Infinity }, { name: null, at: null }]) {
    assert.deepEqual(say(extra), bare);
  }
});

test('only its author edits a message, and the last edit in agreed order counts', () => {
  const edit = (timestamp, text) => ({ type: 'EDIT_MESSAGE', payload: { timestamp, text } });
  const state = fold(Reducers.chat, [
    [{ type: 'ADD_MESSAGE', payload: 'one' }, 1, 'A'], [{ type: 'ADD_MESSAGE', payload: 'two' }, 2, 'B'],
    [edit(1, 'stolen'), 3, 'B'], [edit(1, 'first'), 4, 'A'], [edit(1, 'second'), 5, 'A'], [edit(9, 'of nothing'), 6, 'A'],
  ]);
  const shown = state.messages.map(({ message, isEdited = false }) => [message, isEdited]);
  assert.deepEqual(shown, [['second', true], ['two', false]]);
});

test('states of the chat stay as they were when later ones are edited', () => {
  const one = fold(Reducers.chat, [[{ type: 'ADD_MESSAGE', payload: 'one' }, 1]]);
  const edits = [2, 3].map((n) => (
    Reducers.chat(one, { type: 'EDIT_MESSAGE', payload: { timestamp: 1, text: `edit ${n}` } }, stamp(n))));
  const further = Reducers.chat(edits[0], { type: 'ADD_MESSAGE', payload: 'two' }, stamp(4));
  const texts = [one, ...edits, further].map((state) => state.messages.map(({ message }) => message));
  assert.deepEqual(texts, [['one'], ['edit 2'], ['edit 3'], ['edit 2', 'two']]);
});

test('a cell of life belongs to whoever brought it to life, and a newborn to most of its parents', () => {
  const toggle = (x, y) => ({ type: 'TOGGLE', payload: { x, y } });
  let state = fold(Reducers.life, [
    [toggle(4, 5), 1, 'A'], [toggle(5, 5), 2, 'B'], [toggle(6, 5), 3, 'B'], [toggle(9, 9), 4, 'A'], [toggle(9, 9), 5, 'B'],
  ]);
  assert.deepEqual(state.owners[5].slice(4, 7), ['A', 'B', 'B']);
  assert.equal(state.owners[9][9], null, 'a dead cell is nobody’s');
  state = Reducers.life(state, { type: 'STEP' }, stamp(6, 'C'));
  assert.deepEqual([4, 5, 6].map((y) => state.owners[y][5]), ['B', 'B', 'B']);
  for (const [y, row] of state.grid.entries()) {
    for (const [x, cell] of row.entries()) assert.equal(state.owners[y][x] !== null, cell === 1);
  }
});

test('life is run by whoever asked last, until somebody pauses it; a step steps all the same', () => {
  const at = (...actions) => {
    const { runner, isPaused } = fold(Reducers.life, actions);
    return [runner, isPaused];
  };
  assert.deepEqual(at(), [null, false]);
  assert.deepEqual(at([{ type: 'LIFE_RUN' }, 1, 'A'], [{ type: 'LIFE_RUN' }, 2, 'B'], [{ type: 'STEP' }, 3, 'B']), ['B', false]);
  assert.deepEqual(at([{ type: 'LIFE_RUN' }, 1, 'A'], [{ type: 'LIFE_PAUSE' }, 2, 'B'], [{ type: 'RESET' }, 3]), [null, true]);
});

test('the board keeps the newest strokes, and undo takes back one’s own', () => {
  const stroke = { type: 'BOARD_STROKE', payload: { points: [1, 2, 3, 4], pen: 2 } };
  const state = fold(Reducers.board, [[stroke, 1, 'A'], [stroke, 2, 'B'], [stroke, 3, 'A'],
    [{ type: 'BOARD_UNDO', payload: { timestamp: 2 } }, 4, 'A'], [{ type: 'BOARD_UNDO', payload: { timestamp: 1 } }, 5, 'A']]);
  assert.deepEqual(state.strokes, [
    { id: '2-B', timestamp: 2, source: 'B', points: [1, 2, 3, 4], pen: 2 },
    { id: '3-A', timestamp: 3, source: 'A', points: [1, 2, 3, 4], pen: 2 },
  ]);
  const { STROKES } = Reducers.LIMITS;
  const many = fold(Reducers.board, Array.from({ length: STROKES + 5 }, (_, n) => [stroke, n + 1]));
  assert.deepEqual([many.strokes.length, many.strokes[0].id], [STROKES, '6-S']);
  assert.deepEqual(Reducers.board(many, { type: 'BOARD_CLEAR' }, stamp(9)), { strokes: [] });
});

test('the list is kept: added, checked by two at once, removed, and never longer than its bound', () => {
  const add = (payload) => ({ type: 'TODO_ADD', payload });
  const check = (id, isDone) => ({ type: 'TODO_CHECK', payload: { id, isDone } });
  const state = fold(Reducers.todo, [[add('one'), 1], [add('two'), 2], [add(' '), 3], [check('1-S', true), 4, 'A'],
    [check('1-S', true), 5, 'B'], [{ type: 'TODO_REMOVE', payload: { id: '2-S' } }, 6]]);
  assert.deepEqual(state, { todos: [{ id: '1-S', text: 'one', isDone: true, source: 'S' }] });
  const { TODOS, TODO_UNITS } = Reducers.LIMITS;
  const many = fold(Reducers.todo, Array.from({ length: TODOS + 5 }, (_, n) => [add('x'.repeat(1_000)), n + 1]));
  assert.deepEqual([many.todos.length, many.todos[0].text.length], [TODOS, TODO_UNITS]);
});
