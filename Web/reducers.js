// SPDX-License-Identifier: MIT
//
// The reducers of the pages. All pages share one log, so each leaves alone what is not its own, and payloads of the
// wrong shape: anybody may send anything. Each is a pure function of (state, action, { timestamp, source }).
// The types of the original examples (INCREMENT, ADD_MESSAGE, TOGGLE, …) mean to their clients what they mean here;
// what is newer has types that these ignore. Classic script (global `Reducers`); in node: require.
(function (root, reducers) {
  if (typeof module === 'object' && module.exports) module.exports = reducers;
  else root.Reducers = reducers;
})(typeof globalThis === 'object' ? globalThis : this, (function () {
  'use strict';

  /** `{ counter: n }` */
  function counter(state = { counter: 0 }, action) {
    switch (action.type) {
      case 'INCREMENT': return { counter: state.counter + 1 };
      case 'DECREMENT': return { counter: state.counter - 1 };
      case 'INCREMENT_ODD': return state.counter % 2 === 0 ? state : { counter: state.counter + 1 };
      default: return state;
    }
  }

  /** `{ number }` of the two peers on the first page, whose log is their own: adding and doubling do not commute. */
  function demo(state = { number: 0 }, action) {
    switch (action.type) {
      case 'DEMO_ADD': return { number: Math.min(DEMO_MOST, state.number + 1) };
      case 'DEMO_DOUBLE': return { number: Math.min(DEMO_MOST, state.number * 2) };
      default: return state;
    }
  }

  /** A larger number of the demonstration stays at this one. */
  const DEMO_MOST = 9_999;

  // A chat appends to two lists, of messages and of edits, that its states share, each of which knows how much of them
  // is its own. Copying the list for every message would make a history of n messages cost n². Invariant: what a state
  // covers never changes, because only the state that covers the whole list may append to it; another one copies its
  // part first.
  const lists = new WeakMap(); // state → { list, count, edits, editCount }

  function chatState(parts) {
    const { list, count, edits, editCount } = parts;
    let messages;
    const state = {
      get messages() { return messages ??= edited(list.slice(0, count), edits, editCount); },
    };
    lists.set(state, parts);
    return state;
  }

  /** The messages with the newest edit of each. An edit that names no message of its author's changes nothing. */
  function edited(messages, edits, editCount) {
    if (editCount === 0) return messages;
    const texts = new Map();
    for (let index = 0; index < editCount; index++) texts.set(edits[index].id, edits[index].text);
    return messages.map((item) => {
      const message = texts.get(item.id);
      return message === undefined ? item : { ...item, message, isEdited: true };
    });
  }

  const partsOf = (state) => lists.get(state)
    ?? { list: state.messages.slice(), count: state.messages.length, edits: [], editCount: 0 };

  /** The first `count` of `list`, to append to: the list itself if it has no more. */
  const own = (list, count) => (list.length === count ? list : list.slice(0, count));

  /** The latest time a Date can hold, in ms since 1970. */
  const LATEST = 8.64e15;

  /**
   * `{ messages: [{ message, source, timestamp, id, name?, at?, isEdited? }] }` in agreed order. A message costs the
   * same however many there are. ADD_MESSAGE's payload is its text; `name` is what its author is called and `at` the
   * author's time in ms since 1970, both as the author says. EDIT_MESSAGE's payload is `{ timestamp, text }` with the
   * timestamp of a message of the same source, so that nobody can change what somebody else said.
   */
  function chat(state = chatState({ list: [], count: 0, edits: [], editCount: 0 }), action, { timestamp, source }) {
    if (action.type === 'ADD_MESSAGE' && typeof action.payload === 'string') {
      const message = { message: action.payload, source, timestamp, id: `${timestamp}-${source}` };
      if (typeof action.name === 'string') message.name = action.name;
      if (typeof action.at === 'number' && action.at > 0 && action.at <= LATEST) message.at = action.at;
      const parts = partsOf(state);
      const list = own(parts.list, parts.count);
      list.push(message);
      return chatState({ ...parts, list, count: parts.count + 1 });
    }
    if (action.type === 'EDIT_MESSAGE') {
      const { timestamp: target, text } = action.payload ?? {};
      if (typeof text !== 'string' || typeof target !== 'number' || !(target < timestamp)) return state;
      const parts = partsOf(state);
      const edits = own(parts.edits, parts.editCount);
      edits.push({ id: `${target}-${source}`, text });
      return chatState({ ...parts, edits, editCount: parts.editCount + 1 });
    }
    return state;
  }

  const SIZE = 30;

  const emptyGrid = (value) => Array.from({ length: SIZE }, () => new Array(SIZE).fill(value));

  /** Who owns a newborn cell: the owner that two of its three parents share, else the first one's. */
  const heir = (a, b, c) => (b !== null && b === c ? b : a ?? b ?? c);

  /** One generation of Conway's Life with the owners of its cells; the edges wrap. */
  function nextGeneration({ grid, owners }) {
    const nextOwners = emptyGrid(null);
    const next = grid.map((row, y) => {
      const rows = [(y + SIZE - 1) % SIZE, y, (y + 1) % SIZE];
      const [above, , below] = rows.map((index) => grid[index]);
      return row.map((cell, x) => {
        const left = (x + SIZE - 1) % SIZE;
        const right = (x + 1) % SIZE;
        const neighbours = above[left] + above[x] + above[right] + row[left] + row[right]
          + below[left] + below[x] + below[right];
        if (cell === 1 && (neighbours === 2 || neighbours === 3)) { nextOwners[y][x] = owners[y][x]; return 1; }
        if (cell === 1 || neighbours !== 3) return 0;
        const parents = [];
        for (const row of rows) for (const column of [left, x, right]) {
          if (grid[row][column] === 1) parents.push(owners[row][column]);
        }
        nextOwners[y][x] = heir(...parents);
        return 1;
      });
    });
    return { grid: next, owners: nextOwners };
  }

  const isIndex = (value) => Number.isInteger(value) && value >= 0 && value < SIZE;

  const emptyLife = () => ({ grid: emptyGrid(0), owners: emptyGrid(null) });

  /**
   * `{ grid, owners, runner, isPaused }`. `grid`: 30 rows of 30 numbers 0 or 1. `owners`: in the same places, the
   * source that brought the cell to life, or null. TOGGLE's payload is `{ x: column, y: row }`. LIFE_RUN makes its
   * source the `runner`, the one page that dispatches a STEP now and then; LIFE_PAUSE ends that, and asks whoever
   * steps by itself (the server's bot) to stop: `isPaused`, until the next LIFE_RUN. A STEP steps all the same.
   */
  function life(state = { ...emptyLife(), runner: null, isPaused: false }, action, { source = null } = {}) {
    switch (action.type) {
      case 'TOGGLE': {
        const { x, y } = action.payload ?? {};
        if (!isIndex(x) || !isIndex(y)) return state;
        const [grid, owners] = [state.grid.slice(), state.owners.slice()];
        grid[y] = grid[y].slice();
        owners[y] = owners[y].slice();
        grid[y][x] = 1 - grid[y][x];
        owners[y][x] = grid[y][x] === 1 ? source : null;
        return { ...state, grid, owners };
      }
      case 'STEP': return { ...state, ...nextGeneration(state) };
      case 'RESET': return { ...state, ...emptyLife() };
      case 'LIFE_RUN': return { ...state, runner: source, isPaused: false };
      case 'LIFE_PAUSE': return { ...state, runner: null, isPaused: true };
      default: return state;
    }
  }

  /** Of more strokes the oldest is no longer shown. */
  const STROKES = 1_000;

  /** Numbers of a stroke, two for each of its points. */
  const STROKE_NUMBERS = 400;

  const isPoint = (value) => Number.isInteger(value) && value >= 0 && value <= 1_600;

  /**
   * `{ strokes: [{ id, timestamp, source, points, pen }] }`, the newest 1,000 in agreed order. BOARD_STROKE's payload
   * is `{ points: [x, y, x, y, …], pen }`: at most 200 points in whole numbers from 0 to 1,600, and a pen of 1, 2 or
   * 3. BOARD_UNDO's is `{ timestamp }` of a stroke of the same source. BOARD_CLEAR removes all.
   */
  function board(state = { strokes: [] }, action, { timestamp, source }) {
    switch (action.type) {
      case 'BOARD_STROKE': {
        const { points, pen } = action.payload ?? {};
        if (!Array.isArray(points) || points.length < 2 || points.length > STROKE_NUMBERS || points.length % 2 === 1) {
          return state;
        }
        if (!points.every(isPoint) || ![1, 2, 3].includes(pen)) return state;
        const kept = state.strokes.length >= STROKES ? state.strokes.slice(1) : state.strokes;
        return { strokes: [...kept, { id: `${timestamp}-${source}`, timestamp, source, points, pen }] };
      }
      case 'BOARD_UNDO': {
        const id = `${action.payload?.timestamp}-${source}`;
        const strokes = state.strokes.filter((stroke) => stroke.id !== id);
        return strokes.length === state.strokes.length ? state : { strokes };
      }
      case 'BOARD_CLEAR': return state.strokes.length === 0 ? state : { strokes: [] };
      default: return state;
    }
  }

  /** A list that is this long takes no more. */
  const TODOS = 500;

  /** UTF-16 units of what is to be done; the rest is cut. */
  const TODO_UNITS = 200;

  /**
   * `{ todos: [{ id, text, isDone, source }] }` in agreed order, at most 500. TODO_ADD's payload is the text, cut
   * after 200 units; TODO_CHECK's is `{ id, isDone }`, so that two who check the same do not undo each other;
   * TODO_REMOVE's is `{ id }`.
   */
  function todo(state = { todos: [] }, action, { timestamp, source }) {
    const { type, payload } = action;
    switch (type) {
      case 'TODO_ADD': {
        if (typeof payload !== 'string' || payload.trim() === '' || state.todos.length >= TODOS) return state;
        const text = payload.slice(0, TODO_UNITS);
        return { todos: [...state.todos, { id: `${timestamp}-${source}`, text, isDone: false, source }] };
      }
      case 'TODO_CHECK': {
        const { id, isDone } = payload ?? {};
        if (typeof isDone !== 'boolean') return state;
        const at = state.todos.findIndex((item) => item.id === id);
        if (at < 0 || state.todos[at].isDone === isDone) return state;
        return { todos: state.todos.map((item, index) => (index === at ? { ...item, isDone } : item)) };
      }
      case 'TODO_REMOVE': {
        const todos = state.todos.filter((item) => item.id !== payload?.id);
        return todos.length === state.todos.length ? state : { todos };
      }
      default: return state;
    }
  }

  return { counter, demo, chat, life, board, todo, LIMITS: { STROKES, STROKE_NUMBERS, TODOS, TODO_UNITS, DEMO_MOST } };
})());
