// SPDX-License-Identifier: MIT
//
// A Primus that a test plays: what an app writes is kept, and goes to another one where the two are joined.
import { eventually } from './eventually.mjs';

export class PlayedPrimus {
  #listeners = new Map();
  written = [];
  ends = [];
  isOpen = false;
  connection = null;
  peer = null;

  /** As the original calls it. */
  connect(uri, options) {
    Object.assign(this, { uri, options });
    return this;
  }

  on(event, listener) {
    this.#listeners.set(event, [...this.#listeners.get(event) ?? [], listener]);
    return this;
  }

  emit(event, ...values) {
    for (const listener of this.#listeners.get(event) ?? []) listener(...values);
  }

  open() {
    this.isOpen = true;
    this.emit('open');
  }

  write(text) {
    this.written.push(text);
    const { peer } = this;
    const connection = peer?.connection;
    // What is under way when a connection is lost does not arrive over the next one.
    if (peer) setImmediate(() => { if (peer.isOpen && peer.connection === connection) peer.emit('data', text); });
    return true;
  }

  end(data, options) {
    this.ends.push(options);
    this.lose();
  }

  /** The connection is gone. */
  lose() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.peer?.lose();
    this.emit('close');
  }

  /** The lines that were written, each without what it ends with. */
  get lines() { return this.written.flatMap((text) => text.split('\n').filter(Boolean)); }

  /** The updates among them. */
  get updates() { return this.lines.map((line) => JSON.parse(line)).filter(Array.isArray); }
}

/** Connects two stores with each other. */
export function join(a, b) {
  const [left, right] = [a, b].map(({ scuttlebutt }) => scuttlebutt.io);
  const connection = Symbol('a connection');
  Object.assign(left, { peer: right, connection });
  Object.assign(right, { peer: left, connection });
  left.open();
  right.open();
}

export const part = ({ scuttlebutt }) => scuttlebutt.io.lose();

/** Waits until both have all that the other has, and show it. */
export async function agree(...stores) {
  await eventually('agreement', () => {
    const histories = stores.map(({ scuttlebutt }) => scuttlebutt.history().map((update) => update.slice(0, 3)))
      .map((history) => JSON.stringify(history));
    const states = stores.map((store) => JSON.stringify(store.getState()));
    const isConfirmed = stores.every(({ scuttlebutt }) => scuttlebutt.pending === 0);
    return isConfirmed && new Set(histories).size === 1 && new Set(states).size === 1;
  });
}
