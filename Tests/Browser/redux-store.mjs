// SPDX-License-Identifier: MIT
//
// A store of the real Redux with the drop-in, in node, over a played Primus.
import scuttlebutt, { META_SOURCE, META_TIMESTAMP } from '../../Web/redux.js';
import { moduleBytes } from './module.mjs';
import { PlayedPrimus } from './played-primus.mjs';
import { loadRedux, packagesObstacle } from './redux-packages.mjs';

export const skip = packagesObstacle(['redux.js']) ?? false;
export const redux = skip ? null : loadRedux();

const compiled = new WebAssembly.Module(moduleBytes());

export const increment = { type: 'INCREMENT' };
export const say = (payload) => ({ type: 'SAY', payload });

/** As Redux's own example. */
export function counter(state = 0, { type }) {
  return { INCREMENT: state + 1, DECREMENT: state - 1 }[type] ?? state;
}

/** What was said, in order. */
export function messages(state = [], { type, payload, meta }) {
  if (type !== 'SAY') return state;
  return [...state, { text: payload, time: meta?.[META_TIMESTAMP], author: meta?.[META_SOURCE] }];
}

/** The options of a peer in a test. */
export function options(given = {}) {
  return { module: compiled, primus: new PlayedPrimus(), ...given };
}

/** A store whose core may not be there yet. */
export function makeEarly({ reducer = redux.combineReducers({ counter, messages }), state, ...given } = {}) {
  return redux.createStore(reducer, state, scuttlebutt(options(given)));
}

/** A store whose core is there. */
export async function make(given) {
  const store = makeEarly(given);
  await store.scuttlebutt.ready;
  return store;
}

export const texts = (store) => store.getState().messages.map(({ text }) => text);

/** What is said on the console during a test. */
export function listenToConsole(t) {
  const said = [];
  const method = t.mock.method(console, 'error', (...values) => said.push(values));
  return { said, stop: () => method.mock.restore() };
}

/** The questions of a store, to be answered in any order. */
export class Answers {
  #waiting = [];

  /** As `verifyAsync` and `signAsync`. */
  ask = (callback, action, history) => { this.#waiting.push({ callback, action, history }); };

  get actions() { return this.#waiting.map(({ action }) => action); }

  get count() { return this.#waiting.length; }

  answer(payload, value = true) {
    const place = this.#waiting.findIndex(({ action }) => action.payload === payload);
    const [{ callback, action }] = this.#waiting.splice(place, 1);
    callback(typeof value === 'function' ? value(action) : value);
  }
}

/** What a peer says first that has nothing. */
export const header = '{"id":"S","start":0,"clock":{}}\n"SYNC"\n';

/** A store whose peer is the test. */
export async function makeHearing(given) {
  const store = await make({ source: 'ME', ...given });
  const { io } = store.scuttlebutt;
  io.open();
  io.emit('data', header);
  return { store, io, hear: (text) => io.emit('data', text) };
}

/** An update as it is sent. */
export function line(payload, timestamp, source, type = 'SAY') {
  return `${JSON.stringify([{ type, payload }, timestamp, source])}\n`;
}
