// SPDX-License-Identifier: MIT
//
// The actions of `redux.js`: their stamps, their agreed order, and how own ones are signed and verified.

/** The keys of a stamp in `action.meta`. The properties are not enumerable, so they are never sent. */
export const META_TIMESTAMP = '@@scuttlebutt/TIMESTAMP';
export const META_SOURCE = '@@scuttlebutt/SOURCE';

/** The places in an element of a history. */
export const UPDATE_ACTION = 0;
export const UPDATE_TIMESTAMP = 1;
export const UPDATE_SOURCE = 2;
export const UPDATE_SNAPSHOT = 3;

/** The action with which a state begins, as in Redux. */
export const INIT = { type: '@@redux/INIT' };

/** Whether an action of this type goes to peers, by default. */
export function isGossipType(type = '') {
  return !String(type).startsWith('@');
}

/** The action as other peers will read it. */
export function copyOf(action) {
  return JSON.parse(JSON.stringify(action));
}

export function freezeDeeply(value) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(freezeDeeply);
  return Object.freeze(value);
}

/** Stamps an action's `meta`, and overwrites what a peer may have put there. */
export function stamp(meta, timestamp, source) {
  Object.defineProperty(meta, META_TIMESTAMP, {
    value: timestamp, enumerable: false, writable: false, configurable: false,
  });
  Object.defineProperty(meta, META_SOURCE, { value: source, enumerable: false, writable: false, configurable: false });
  return meta;
}

/** A stamped copy with a `meta` of its own. */
export function stamped(action, timestamp, source) {
  return { ...action, meta: stamp({ ...action.meta }, timestamp, source) };
}

/** Attaches a value to an object. A WeakMap would do, but takes as long as the rest of a dispatch. */
export class Mark extends class { constructor(object) { return object; } } {
  #value;

  constructor(object, value) {
    super(object);
    this.#value = value;
  }

  static of(object) {
    return typeof object === 'object' && object !== null && #value in object ? object.#value : undefined;
  }
}

/** Asks a function of the app, which answers at once or later. Its first answer counts; throwing means no. */
export function ask(asked, action, history, { answer, failed }) {
  let isAnswered = false;
  const once = (value) => {
    if (isAnswered) return;
    isAnswered = true;
    answer(value);
  };
  try {
    asked(once, action, history);
  } catch (error) {
    failed(error);
    once(false);
  }
}

/** The accepted actions in agreed order. */
export class History {
  #updates = [];

  /** Adds entries of the core, in any order. */
  add(entries) {
    let isOrdered = true;
    for (const { action, timestamp, source } of entries) {
      const update = [action, timestamp, source, undefined];
      if (this.#updates.length > 0 && History.compare(update, this.#updates.at(-1)) < 0) isOrdered = false;
      this.#updates.push(update);
    }
    if (!isOrdered) this.#updates.sort(History.compare);
  }

  static compare(a, b) {
    return a[UPDATE_TIMESTAMP] - b[UPDATE_TIMESTAMP] || (a[UPDATE_SOURCE] < b[UPDATE_SOURCE] ? -1 : 1);
  }

  /** The history in the original's form, except that only the last element has a snapshot. */
  updates(state) {
    const updates = [[INIT, undefined, undefined, undefined], ...this.#updates];
    updates[updates.length - 1] = [...updates.at(-1).slice(0, UPDATE_SNAPSHOT), state];
    return updates;
  }
}

/** Own actions that are being signed and verified. They leave in the order of their dispatch. */
export class Preparation {
  #options; #items = [];

  /** `sign` and `verify` take a callback and an action; `done` receives each action that may leave. */
  constructor(options) {
    this.#options = options;
  }

  get count() { return this.#items.length; }

  add(action) {
    const item = { action: copyOf(action), isReady: false };
    this.#items.push(item);
    const { sign = (callback, given) => callback(given), verify = (callback) => callback(true) } = this.#options;
    sign((signed) => {
      if (!signed) this.#settle(item, null);
      else verify((isAccepted) => this.#settle(item, isAccepted ? signed : null), copyOf(signed));
    }, item.action);
  }

  #settle(item, action) {
    Object.assign(item, { action, isReady: true });
    while (this.#items[0]?.isReady) {
      const { action: next } = this.#items.shift();
      if (next) this.#options.done(next);
    }
  }
}
