// SPDX-License-Identifier: MIT
//
// The reducers of the three pages. All pages share one log, so each leaves alone what is not its own, and
// payloads of the wrong shape: anybody may send anything. Classic script (global `Reducers`); in node: require.
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

  // A chat appends to one list that its states share, each of which knows how much of it is its own. Copying the
  // list for every message would make a history of n messages cost n². Invariant: what a state covers never
  // changes, because only the state that covers the whole list may append to it; another one copies its part first.
  const lists = new WeakMap(); // state → { list, count }

  function chatState(list, count) {
    let messages;
    const state = {
      get messages() { return messages ??= list.slice(0, count); },
    };
    lists.set(state, { list, count });
    return state;
  }

  /** `{ messages: [{ message, source, timestamp, id }] }` in agreed order. A message costs the same however many. */
  function chat(state = chatState([], 0), action, { timestamp, source }) {
    if (action.type !== 'ADD_MESSAGE' || typeof action.payload !== 'string') return state;
    const message = { message: action.payload, source, timestamp, id: `${timestamp}-${source}` };
    let { list, count } = lists.get(state) ?? { list: state.messages.slice(), count: state.messages.length };
    if (list.length !== count) list = list.slice(0, count);
    list.push(message);
    return chatState(list, count + 1);
  }

  const SIZE = 30;

  const emptyGrid = () => Array.from({ length: SIZE }, () => new Array(SIZE).fill(0));

  /** One generation of Conway's Life; the edges wrap. */
  function nextGeneration(grid) {
    return grid.map((row, y) => {
      const above = grid[(y + SIZE - 1) % SIZE];
      const below = grid[(y + 1) % SIZE];
      return row.map((cell, x) => {
        const left = (x + SIZE - 1) % SIZE;
        const right = (x + 1) % SIZE;
        const neighbours = above[left] + above[x] + above[right] + row[left] + row[right]
          + below[left] + below[x] + below[right];
        return neighbours === 3 || (cell === 1 && neighbours === 2) ? 1 : 0;
      });
    });
  }

  const isIndex = (value) => Number.isInteger(value) && value >= 0 && value < SIZE;

  /** `{ grid: rows }`, 30 rows of 30 numbers 0 or 1. TOGGLE's payload is `{ x: column, y: row }`. */
  function life(state = { grid: emptyGrid() }, action) {
    switch (action.type) {
      case 'TOGGLE': {
        const { x, y } = action.payload ?? {};
        if (!isIndex(x) || !isIndex(y)) return state;
        const grid = state.grid.slice();
        grid[y] = grid[y].slice();
        grid[y][x] = 1 - grid[y][x];
        return { grid };
      }
      case 'STEP': return { grid: nextGeneration(state.grid) };
      case 'RESET': return { grid: emptyGrid() };
      default: return state;
    }
  }

  return { counter, chat, life };
})());
