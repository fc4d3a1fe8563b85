// SPDX-License-Identifier: MIT
//
// One file with a session: written from a model, read elsewhere as a recording that a model can look at like at a peer.
// Also the export format of Redux DevTools, out and in. A file may come from anybody: it is only parsed as JSON, every
// part is checked and bounded, and nothing of it becomes the name of a member of an object of ours.
import { finish } from './devtools-model.js';
import { hashOf } from './devtools-values.js';

export const BUNDLE_BOUNDS = {
  units: 134_217_728, // UTF-16 units of a file
  actions: 1_000_000, // in a file
  line: 10_485_760, // UTF-16 units of one action, as JSON
  source: 1_024, // UTF-16 units of a source
  stamp: 2 ** 53, // of a timestamp
  reports: 1_000, // reports, rewinds and actions set aside, each
  text: 2_000, // UTF-16 units of a report or reason; the rest is cut off
  marks: 512, // places whose state has a hash in the file
  lifted: 2_000, // actions in an export for Redux DevTools, the newest; those before are its committed state
};

export const FORMAT = 'scuttlebutt-session';
export const VERSION = 1;

/** A file that cannot be read; the message says what is wrong with it. */
export class BundleError extends Error {
  name = 'BundleError';
}

/** A model's session as text. The model must have no work left. `name` is that of its reducer. */
export const write = (model, options) => finish(writing(model, options));

/** The same in steps: yields while there is more. */
export function* writing(model, { name = '' } = {}) {
  const { order, arrivals, peer } = model;
  if (model.folded < order.length) throw new Error('the model has not finished its work');
  // States of a short history are all hashed, of a longer one some that are evenly spaced, and the last.
  const distance = Math.max(1, Math.ceil(order.length / BUNDLE_BOUNDS.marks));
  const marks = [];
  const count = order.length;
  let state = model.initialState;
  for (let place = 0; place <= count; place++) {
    if (place > 0) state = model.stateAfter(state, place - 1);
    if (place % distance === 0 || place === count) marks.push([place, hashOf(state)]);
    yield;
  }
  const head = {
    format: FORMAT, version: VERSION, reducer: name, source: model.source, marks, state: peer.getState() ?? null,
    reports: peer.reports.slice(-BUNDLE_BOUNDS.reports), rewinds: model.rewinds,
  };
  // In the order of arrival; the agreed order follows from the stamps.
  const parts = [`${JSON.stringify(head).slice(0, -1)},"arrivals":[\n`];
  for (const [index, { action, timestamp, source, at, by, isAside, reason }] of arrivals.entries()) {
    const line = timestamp === null ? [action, null, at > 0 ? [at, by] : null] : [action, timestamp, source];
    parts.push(index > 0 ? ',\n' : '', JSON.stringify(isAside ? [...line, reason ?? ''] : line));
    yield;
  }
  return `${parts.join('')}\n]}\n`;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isSource = (value) => typeof value === 'string' && value !== '' && value.length <= BUNDLE_BOUNDS.source;
const isStamp = (value) => Number.isFinite(value) && value > 0 && value <= BUNDLE_BOUNDS.stamp;
const isAction = (value) => isObject(value) && typeof value.type === 'string' && value.type !== '';
const cut = (text) => String(text).slice(0, BUNDLE_BOUNDS.text);

function check(condition, message) {
  if (!condition) throw new BundleError(message);
}

/** Parses the text of any file that `open` takes. */
function parse(text) {
  check(typeof text === 'string' && text.length <= BUNDLE_BOUNDS.units, 'the file is too large');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BundleError(`the file is not JSON: ${cut(error.message)}`);
  }
}

/** Reads a session, as `{ source, reducer, arrivals, aside, reports, rewinds, marks, state }`; throws BundleError. */
export function read(text) {
  const file = parse(text);
  check(isObject(file) && file.format === FORMAT, 'the file is no session of these tools');
  check(file.version === VERSION, `the file has version ${cut(file.version)}, and these tools read ${VERSION}`);
  check(isSource(file.source), 'the file does not say whose session it is');
  check(Array.isArray(file.arrivals), 'the file has no actions');
  check(file.arrivals.length <= BUNDLE_BOUNDS.actions, `the file has more than ${BUNDLE_BOUNDS.actions} actions`);
  const seen = new Set();
  const aside = [];
  const arrivals = file.arrivals.map((line, index) => {
    const where = `action ${index + 1} of the file`;
    check(Array.isArray(line) && (line.length === 3 || line.length === 4), `${where} has no stamp`);
    const [action, timestamp, source, reason] = line;
    check(isAction(action), `${where} has no type`);
    if (timestamp === null) {
      check(source === null || (Array.isArray(source) && isStamp(source[0]) && isSource(source[1])),
        `${where} has no place`);
      return { action, timestamp, source: null, after: source && { timestamp: source[0], source: source[1] } };
    }
    check(isStamp(timestamp) && isSource(source), `${where} has no stamp`);
    const key = `${timestamp}@${source}`;
    check(!seen.has(key), `${where} has a stamp that another one has, ${cut(key)}`);
    seen.add(key);
    if (reason !== undefined) aside.push({ action, timestamp, source, reason: cut(reason) });
    return { action, timestamp, source };
  });
  const list = (value) => (Array.isArray(value) ? value.slice(0, BUNDLE_BOUNDS.reports).filter(isObject) : []);
  const isMark = (mark) => Array.isArray(mark) && Number.isInteger(mark[0]) && mark[0] >= 0
    && mark[0] <= arrivals.length && (mark[1] === null || /^[0-9a-f]{16}$/.test(mark[1]));
  const marks = (Array.isArray(file.marks) ? file.marks.slice(0, BUNDLE_BOUNDS.marks + 2) : []).filter(isMark);
  return {
    source: file.source,
    reducer: typeof file.reducer === 'string' ? cut(file.reducer) : '',
    arrivals,
    aside,
    state: file.state,
    marks: marks.map(([count, hash]) => [count, hash]),
    reports: list(file.reports).map(({ kind, text: said }) => ({ kind: cut(kind), text: cut(said) })),
    rewinds: list(file.rewinds).map(({ at, late, again, sources, isSame }) => ({
      at: Number(at) || 0,
      late: Number(late) || 0,
      again: Number(again) || 0,
      isSame: isSame === true,
      sources: Array.isArray(sources) ? sources.slice(0, BUNDLE_BOUNDS.reports).filter(isSource) : [],
    })),
  };
}

/**
 * A session that was read, with the face of a peer that `Model` needs. `reducer(state, action, meta)` and
 * `initialState` are the page's: a file brings none. Nothing can be dispatched to it.
 */
export class Recording {
  #session; #reducer; #initialState;

  constructor(session, { reducer, initialState } = {}) {
    if (typeof reducer !== 'function') throw new TypeError('a recording needs a reducer to be replayed');
    this.#session = session;
    this.#reducer = reducer;
    this.#initialState = initialState;
    this.source = session.source;
    this.reports = session.reports;
    this.marks = session.marks;
    this.recordedState = session.state;
  }

  inspect() {
    const { arrivals } = this.#session;
    return {
      reducer: this.#reducer, initialState: this.#initialState, reduce: this.#reducer,
      arrivals: (first = 0, count = Infinity) => arrivals.slice(first, first + count), links: () => [],
    };
  }

  status() { return { phase: 'offline', text: 'a recording', actions: this.#session.arrivals.length }; }
  setAside() { return this.#session.aside; }
  getState() { return this.#session.state; }
  subscribe() { return () => {}; }
  subscribeStatus() { return () => {}; }
  subscribeRewinds() { return () => {}; }

  clock() {
    const newest = new Map();
    for (const { timestamp, source } of this.#session.arrivals) {
      if (timestamp !== null && timestamp > (newest.get(source) ?? 0)) newest.set(source, timestamp);
    }
    return Object.fromEntries(newest);
  }
}

// ---- Redux DevTools

/** The newest actions of a model as the lifted state that Redux DevTools exports and imports (D1, D7). */
export function writeLifted(model) {
  const { order } = model;
  const first = Math.max(0, order.length - BUNDLE_BOUNDS.lifted);
  let state = model.stateAt(first);
  const actionsById = { 0: { type: 'PERFORM_ACTION', action: { type: '@@INIT' }, timestamp: 0 } };
  const computedStates = [{ state }];
  const staged = [0];
  order.slice(first).forEach(({ action, timestamp, source }, index) => {
    const id = index + 1;
    // Redux DevTools shows its time of day; ours is logical.
    actionsById[id] = { type: 'PERFORM_ACTION', action, timestamp: timestamp ?? 0 };
    let error;
    try { state = model.reduce(state, action, { timestamp, source }); } catch (thrown) { error = cut(thrown); }
    computedStates.push(error === undefined ? { state } : { state, error });
    staged.push(id);
  });
  return JSON.stringify({
    actionsById, computedStates, nextActionId: staged.length, stagedActionIds: staged, skippedActionIds: [],
    committedState: computedStates[0].state, currentStateIndex: staged.length - 1, isLocked: false, isPaused: false,
  });
}

/**
 * Reads what Redux DevTools exports: a lifted state, a list of actions, or `{payload, preloadedState}` as texts. Gives
 * `{ actions: [{ action, isSkipped }], initialState }`, initialState being undefined where the file has none.
 */
export function readLifted(text) {
  let file = parse(text);
  let initialState;
  if (isObject(file) && typeof file.payload === 'string') {
    if (typeof file.preloadedState === 'string') initialState = parse(file.preloadedState);
    file = parse(file.payload);
  }
  if (Array.isArray(file)) {
    check(file.length <= BUNDLE_BOUNDS.actions, 'the file has too many actions');
    check(file.every(isAction), 'the file has an action without a type');
    return { actions: file.map((action) => ({ action, isSkipped: false })), initialState };
  }
  check(isObject(file) && isObject(file.actionsById) && Array.isArray(file.stagedActionIds),
    'the file is no export of Redux DevTools');
  check(file.stagedActionIds.length <= BUNDLE_BOUNDS.actions, 'the file has too many actions');
  const skipped = new Set(Array.isArray(file.skippedActionIds) ? file.skippedActionIds : []);
  const actions = [];
  for (const id of file.stagedActionIds) {
    const known
      = Number.isInteger(id) && Object.hasOwn(file.actionsById, id) ? file.actionsById[id]?.action : undefined;
    check(isAction(known), 'the file has an action without a type');
    if (!/^@@(INIT|redux\/)/.test(known.type)) actions.push({ action: known, isSkipped: skipped.has(id) });
  }
  return { actions, initialState: initialState ?? file.committedState };
}

/** A session made of a list of actions, each stamped in turn, so that a model can show it. */
export function sessionOf(actions, source = 'REDUX') {
  const arrivals = actions.filter(({ isSkipped }) => !isSkipped)
    .map(({ action }, index) => ({ action, timestamp: index + 1, source }));
  return { source, reducer: '', arrivals, aside: [], state: undefined, marks: [], reports: [], rewinds: [] };
}

