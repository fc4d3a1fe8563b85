// SPDX-License-Identifier: MIT
//
// Two pages and a server, and whatever may happen to them, by seed: cuts, slow sockets, refusals, a server that loses
// its log, storages that fail, pages that are closed or die and come back. One oracle: what was kept, or the server
// has seen, is in the end in every state, in one order, unless it was set aside; nothing is there twice, no stamp
// means two things, nothing is sent before it is saved, and who says 'in sync' is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BOUNDS, compareEntries, open } from '../../Web/peer.js';
import { compiled } from './module.mjs';
import Pair from '../../Web/pair.js';
import { PlayedDisk, PlayedLocks, playedSession } from './played-storage.mjs';
import { Clock, seeded, settle } from './played-world.mjs';

globalThis.IDBKeyRange ??= { bound: ([source]) => ({ source }) };

/** Of hundreds that were run, those that showed something, and others; SEEDS=1-300 runs more. */
const [first, last] = process.env.SEEDS?.split('-').map(Number) ?? [];
const SEEDS = first ? Array.from({ length: (last ?? first) - first + 1 }, (_, index) => first + index)
  : [9, 15, 18, 19, 24, 33, 39, 53, 60, 61];
const FAULTS = ['throws', 'fails', 'hangs', 'is late', 'loses the connection', 'is blocked'];
const reducer = (state = [], action) => (action.n === undefined ? state : [...state, action.n]);

/** One connection: what is on its way in both directions. Arrives when the world says so. */
class Socket {
  up = [];
  down = [];
  isOpen = false;
  isOver = false;
  #isPageGone = false;

  constructor(world, page) {
    Object.assign(this, { world, page });
    world.sockets.add(this);
  }

  get bufferedAmount() { return this.up.reduce((sum, text) => sum + text.length, 0); }

  send(text) {
    if (this.isOver || this.#isPageGone) return;
    this.world.checkSaved(this.page, text);
    this.up.push(text);
  }

  /** The page closes it: what it has sent may still arrive. */
  close() { this.#isPageGone = true; this.down = []; }

  /** The connection breaks, and nothing more arrives anywhere. */
  cut(code) {
    if (this.isOver) return;
    this.isOver = true;
    this.up = [];
    this.down = [];
    this.world.sockets.delete(this);
    if (!this.#isPageGone && this.page.isAlive) this.onclose?.({ code });
  }

  say(line) { if (!this.#isPageGone) this.down.push(typeof line === 'string' ? line : JSON.stringify(line)); }

  /** Something arrives, if anything is on its way. */
  step(random) {
    if (this.isOver) return;
    if (!this.isOpen) {
      this.isOpen = true;
      this.world.server.greet(this);
      if (!this.#isPageGone && this.page.isAlive) this.onopen?.({});
      return;
    }
    if (this.up.length === 0 && (this.#isPageGone || !this.page.isAlive)) { this.cut(); return; }
    if (this.up.length > 0 && (this.down.length === 0 || random() < 0.5)) this.world.server.hear(this, this.up.shift());
    else if (this.down.length > 0 && this.page.isAlive) {
      const count = 1 + Math.floor(random() * 3); // many lines may come in one message
      this.onmessage?.({ data: this.down.splice(0, count).join('\n') });
    }
  }
}

class Server {
  log = new Map(); // stamp → line, in order of arrival
  clock = {};

  constructor(world, { answers, refusal }) { Object.assign(this, { world, answers, refusal }); }

  greet(socket) { socket.say({ id: 'S', start: 0, clock: { S: 0, ...this.clock } }); }

  hear(socket, line) {
    if (line === '"PING"') { if (this.answers) socket.say('"PONG"'); return; }
    const value = JSON.parse(line);
    if (value?.clock) {
      for (const one of this.log.values()) {
        const [, timestamp, source] = JSON.parse(one);
        if (timestamp > (value.clock[source] ?? 0)) socket.say(one);
      }
      socket.say('"SYNC"');
      socket.isLive = true;
      return;
    }
    if (!Array.isArray(value)) return;
    const [{ n }, timestamp, source] = value;
    this.world.note(value, line);
    const stamp = `${timestamp}@${source}`;
    if (this.log.has(stamp)) return;
    assert.ok(timestamp > (this.clock[source] ?? 0), `${stamp} comes after something later of its source`);
    if (this.refusal && n % 7 === 0) {
      if (this.refusal === 'says') socket.say(JSON.stringify(`REFUSED ${timestamp} ${source}`));
      else socket.cut(this.refusal === 'length' ? 1009 : undefined);
      return;
    }
    this.world.seen.add(n);
    this.log.set(stamp, line);
    this.clock[source] = timestamp;
    for (const other of this.world.sockets) if (other !== socket && other.isLive) other.say(line);
  }

  /** It comes back with a part of what it had. */
  lose(random) {
    for (const socket of [...this.world.sockets]) socket.cut();
    const kept = Math.floor(random() * (this.log.size + 1));
    this.log = new Map([...this.log].slice(0, kept));
    this.clock = {};
    this.world.seen.clear();
    for (const line of this.log.values()) {
      const [{ n }, timestamp, source] = JSON.parse(line);
      this.clock[source] = timestamp;
      this.world.seen.add(n);
    }
  }
}

class World {
  clock = new Clock();
  sockets = new Set();
  stamps = new Map();
  kept = new Set(); // numbers that a page has said to be saved
  seen = new Set(); // numbers that the server has seen since it last lost its log
  reports = [];
  last = 0;

  constructor(seed) {
    this.random = seeded(seed);
    const pick = (...choices) => choices[Math.floor(this.random() * choices.length)];
    this.server = new Server(this, {
      answers: pick(true, true, true, false), refusal: pick(null, null, 'says', 'breaks', 'length'),
    });
    this.fails = pick(true, false);
    // Two tabs that pass on a third one's do not tell each other what the server does not take of it.
    const isOneBrowser = !this.server.refusal && pick(true, false);
    const browser = () => ({ disk: new PlayedDisk(this.clock), locks: new PlayedLocks(this.clock) });
    const first = browser();
    const browsers = [first, isOneBrowser ? first : browser()];
    this.tabs = browsers.map((one) => ({ ...one, session: playedSession(), page: null }));
    this.locks = pick(true, true, false);
    // What one page has taken back another one beside it may have: see `setAside`.
    this.meets = !this.server.refusal && pick(true, false);
  }

  pick(list) { return list[Math.floor(this.random() * list.length)]; }

  async open(tab) {
    const page = { isAlive: true, tab };
    const world = this;
    const timers = {
      setTimeout: (body, delay) => this.clock.setTimeout(() => { if (page.isAlive) body(); }, delay),
      clearTimeout: this.clock.clearTimeout,
    };
    const opening = open({
      module: compiled, reducer, name: 'n', url: 'ws://server/ws', statisticsUrl: null, timers,
      WebSocket: class extends Socket { constructor() { super(world, page); } },
      now: () => this.clock.now, random: this.random, indexedDB: tab.disk, locks: this.locks ? tab.locks : null,
      session: tab.session, window: {}, fill: (bytes) => bytes.set(Array.from(bytes, () => this.random() * 256)),
      report: (kind, text) => { if (page.isAlive) this.reports.push(`${kind}: ${text}`); },
      nextTask: (body) => { if (page.isAlive) setImmediate(() => { if (page.isAlive) body(); }); },
    }).then((peer) => { page.peer = peer; tab.page = page; });
    for (let passed = 0; !page.peer && passed < 10_000; passed += 250) await this.clock.pass(250);
    await opening;
    page.peer.subscribeStatus((status) => this.checkStatus(page, status));
    return page;
  }

  /** The two pages talk with each other as well. */
  meet() {
    const pages = this.tabs.map(({ page }) => page);
    const ends = Pair.make({ later: (body) => setImmediate(body) });
    pages.forEach((page, index) => {
      page.beside?.close();
      page.beside = ends[index];
      page.peer.accept(ends[index]);
    });
  }

  async end(tab, isCrash) {
    const { page } = tab;
    page.beside?.close();
    tab.page = null;
    if (isCrash) {
      page.isAlive = false;
      await settle();
      tab.locks.held.delete(`n:${page.peer.source}`);
    } else {
      page.peer.close();
      page.isAlive = false;
    }
    for (let count = 0; count < 5; count++) await settle();
  }

  note([, timestamp, source], line) {
    const stamp = `${timestamp}@${source}`;
    assert.equal(this.stamps.get(stamp) ?? line, line, 'no stamp means two things');
    this.stamps.set(stamp, line);
  }

  checkSaved({ peer, tab }, text) {
    const value = text.startsWith('[') ? JSON.parse(text) : null;
    if (!value || value[2] !== peer?.source) return;
    assert.ok(tab.disk.disk.has(JSON.stringify([value[2], value[1]])) || !peer.status().isDurable, `${text} is saved`);
  }

  checkStatus({ peer }, { phase }) {
    if (phase !== 'in-sync' || !this.server.answers) return;
    for (const [{ n }, timestamp, source] of peer.history()) {
      const isTheirs = source !== peer.source || !this.isTold(n);
      assert.ok(isTheirs || this.server.log.has(`${timestamp}@${source}`), `${timestamp}: in sync too early`);
    }
  }

  /** A refusal that is lost with its connection is not said again: then the page cannot know. */
  isTold(n) { return this.server.refusal !== 'says' || n % 7 !== 0; }

  async step() {
    const { random } = this;
    const alive = this.tabs.filter(({ page }) => page);
    const tab = this.pick(this.tabs);
    const choice = random();
    if (choice < 0.3) {
      if (!tab.page) return;
      const n = ++this.last;
      const isLong = this.server.refusal === 'length' && n % 7 === 0;
      const action = { type: 'A', n, ...(isLong ? { text: 'x'.repeat(1_000) } : {}) };
      try { tab.page.peer.dispatch(action); } catch (error) {
        assert.ok(isLong && /the server refused/.test(error.message), error.message);
        return;
      }
      const { page } = tab;
      page.peer.flush().then(() => { if (page.isAlive && page.peer.status().isDurable) this.kept.add(n); });
      if (random() < 0.3) await settle();
    } else if (choice < 0.7) {
      for (let count = Math.floor(random() * 20); count > 0 && this.sockets.size > 0; count--) {
        this.pick([...this.sockets]).step(random);
        if (random() < 0.5) await settle();
      }
    } else if (choice < 0.8) {
      await this.clock.pass(random() * 2_500, 100);
    } else if (choice < 0.85) {
      if (this.sockets.size > 0) this.pick([...this.sockets]).cut();
    } else if (choice < 0.88) {
      if (tab.page) await this.end(tab, random() < 0.5);
    } else if (choice < 0.93) {
      if (!tab.page) await this.open(tab);
    } else if (choice < 0.95) {
      if (tab.page) tab.page.peer[random() < 0.5 ? 'goOffline' : 'goOnline']();
    } else if (choice < 0.96) {
      if (this.meets && alive.length === 2) this.meet();
    } else if (choice < 0.97) {
      if (random() < 0.5) this.server.lose(random);
    } else if (this.fails && alive.length > 0) {
      let count = 1 + Math.floor(random() * 4);
      tab.disk.faultAt = () => (count-- > 0 ? this.pick(FAULTS) : undefined);
    }
  }

  async finish() {
    for (const tab of this.tabs) {
      tab.disk.faultAt = () => undefined;
      if (!tab.page) await this.open(tab);
      tab.page.peer.goOnline();
    }
    let quiet = 0;
    for (let round = 0; quiet < 40 && round < 4_000; round++) {
      let count = 0;
      for (const socket of [...this.sockets]) {
        while (!socket.isOver && (!socket.isOpen || socket.up.length + socket.down.length > 0)) {
          socket.step(this.random);
          count += 1;
          await settle();
        }
      }
      await this.clock.pass(500, 250);
      const isInSync = this.tabs.every(({ page }) => page.peer.status().phase === 'in-sync');
      quiet = isInSync && count === 0 ? quiet + 1 : 0;
    }
    const log = [...this.server.log.values()].map((line) => JSON.parse(line));
    log.sort((a, b) => compareEntries({ timestamp: a[1], source: a[2] }, { timestamp: b[1], source: b[2] }));
    for (const { page: { peer } } of this.tabs) {
      const name = `tab ${this.tabs.findIndex(({ page }) => page.peer === peer)}: ${peer.status().text}`;
      assert.equal(peer.status().phase, 'in-sync', name);
      assert.deepEqual(peer.history().filter(([{ n }]) => this.isTold(n)), log, name);
      assert.deepEqual(peer.getState(), peer.history().map(([action]) => action.n), name);
      for (const [action, timestamp, source] of peer.history()) {
        this.note([action, timestamp, source], JSON.stringify([action, timestamp, source]));
      }
    }
    const numbers = log.map(([action]) => action.n);
    assert.equal(new Set(numbers).size, numbers.length, 'nothing is there twice');
    const aside = new Set(this.tabs.flatMap(({ page }) => page.peer.setAside()).map(({ action }) => action.n));
    for (const n of new Set([...this.kept, ...this.seen])) {
      if (!this.isTold(n)) continue;
      assert.ok(numbers.includes(n) || aside.has(n), `${n} is lost`);
      if (aside.has(n)) assert.ok(!numbers.includes(n), `${n} is set aside, and there`);
    }
    assert.deepEqual(this.reports.filter((text) => /^(equivocation|identity|subscriber|reducer)/.test(text)), []);
    for (const tab of this.tabs) await this.end(tab, false);
  }
}

for (const seed of SEEDS) {
  test(`whatever happens to two pages and a server, nothing is lost and nothing doubled: seed ${seed}`, async () => {
    const world = new World(seed);
    for (const tab of world.tabs) await world.open(tab);
    for (let count = 0; count < 150; count++) await world.step();
    await world.finish();
  });
}
