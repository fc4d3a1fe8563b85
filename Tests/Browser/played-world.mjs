// SPDX-License-Identifier: MIT
//
// What tests without a browser play to the scripts: time, sockets, and a connected peer. Nothing sleeps or listens.
import { MemoryStorage, Peer } from '../../Web/peer.js';
import { compiled } from './module.mjs';

/** Timers that fire when the test says so. `slowness` makes them fire only at its multiples, as in a hidden page. */
export class Clock {
  now = 0;
  waiting = [];
  next = 1;
  slowness = 1;

  setTimeout = (body, delay) => {
    const at = Math.ceil((this.now + delay) / this.slowness) * this.slowness;
    this.waiting.push({ id: this.next, at, body });
    return this.next++;
  };

  /** Time passes and nothing runs. */
  sleep(time) { this.now += time; }

  clearTimeout = (id) => { this.waiting = this.waiting.filter((timer) => timer.id !== id); };

  advance(time) {
    const end = this.now + time;
    for (;;) {
      const due = this.waiting.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.now = Math.max(this.now, due.at);
      this.clearTimeout(due.id);
      due.body();
    }
    this.now = end;
  }

  /** Lets time pass in steps, between which everything that is due is done. */
  async pass(time, step = 250) {
    for (let passed = 0; passed < time; passed += step) {
      this.advance(Math.min(step, time - passed));
      await settle();
    }
  }
}

/**
 * A WebSocket class whose server is the test. Probes are counted apart from what is `sent`, and answered at once
 * unless `answersProbes` is false. The one that comes first of all is not counted, and answered if `knowsProbes`.
 */
export function fakeWebSocket({ answersProbes = true, knowsProbes = true } = {}) {
  const sockets = [];
  return Object.assign(class {
    bufferedAmount = 0;
    sent = [];
    probes = 0;
    isClosed = false;
    wasAsked = false; // first of all
    answersProbes = answersProbes && knowsProbes;

    constructor(url) { this.url = url; sockets.push(this); }

    send(text) {
      if (text !== '"PING"') { this.sent.push(text); return; }
      if (this.wasAsked) this.probes += 1;
      const isAnswered = this.wasAsked ? this.answersProbes : knowsProbes;
      this.wasAsked = true;
      if (isAnswered) this.say('"PONG"');
    }

    close() { this.isClosed = true; }

    open() { this.onopen?.({}); }

    say(...texts) {
      for (const text of texts) this.onmessage?.({ data: typeof text === 'string' ? text : JSON.stringify(text) });
    }

    fail() { this.onclose?.({}); }
  }, { sockets });
}

export const settle = () => new Promise((resolve) => setImmediate(resolve));
export const log = (state = [], action) => [...state, action.n ?? action.type].filter((item) => item !== '@@scuttlebutt/INIT');

/** A peer with a played server, connected and in sync unless `dial: false`. */
export async function connected(options = {}) {
  const clock = new Clock();
  const WebSocket = fakeWebSocket(options);
  const reports = [];
  const peer = await Peer.create({
    module: compiled,
    reducer: log, source: 'ME', url: 'ws://server/ws', WebSocket, timers: clock, now: () => clock.now, random: () => 0.5,
    storage: new MemoryStorage(), report: (kind) => reports.push(kind), ...options,
  });
  const world = { clock, peer, reports, sockets: WebSocket.sockets, get socket() { return WebSocket.sockets.at(-1); } };
  if (options.dial === false) return world;
  peer.goOnline();
  await settle();
  world.socket.open();
  world.socket.say({ id: 'S', start: 0, clock: { S: 0, ...options.serverClock } }, '"SYNC"');
  return world;
}

export const update = (n, timestamp, source, extra = {}) => [{ type: 'A', n, ...extra }, timestamp, source];

/** A small generator of random numbers, so that a seed names a run. */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
