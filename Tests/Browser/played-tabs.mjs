// SPDX-License-Identifier: MIT
//
// A browser with tabs, played by the test: channels, locks, localStorage and time. A tab can be frozen (nothing of it
// runs until it thaws, then everything that waited), killed (nothing of it runs, its locks are free), or cut off.
import { createRequire } from 'node:module';
import { Core } from '../../Web/core.js';
import { moduleBytes } from './module.mjs';
import { Clock, seeded, settle } from './played-world.mjs';
import { TabPeer } from './tab-peer.mjs';

const ScuttlebuttTabs = createRequire(import.meta.url)('../../Web/tabs.js');
const compiled = new WebAssembly.Module(moduleBytes());

/** The numbers of all actions, in agreed order. */
export const numbers = (state = [], action) => (action.n === undefined ? state : [...state, action.n]);

/** One tab: everything that reaches it goes through `run`. */
class PlayedTab {
  isFrozen = false;
  isDead = false;
  #waiting = [];
  listeners = new Map();

  constructor(browser, number) {
    this.browser = browser;
    this.number = number;
    this.random = seeded(number + 1);
    const tab = this;
    const target = {
      addEventListener: (event, listener) => this.listeners.set(event, listener),
      removeEventListener: (event) => this.listeners.delete(event),
    };
    this.window = { ...target, document: target };
    this.timers = {
      setTimeout: (body, delay) => browser.clock.setTimeout(() => this.run(body), delay),
      clearTimeout: browser.clock.clearTimeout,
    };
    this.BroadcastChannel = class {
      onmessage = null;

      constructor(name) {
        this.name = name;
        this.tab = tab;
        browser.channels.add(this);
      }

      postMessage(data) {
        if (!browser.channels.has(this)) throw new Error('the channel is closed');
        browser.post(this, structuredClone(data));
      }

      close() { browser.channels.delete(this); }
    };
    this.locks = { request: (name, options, body) => browser.requestLock(this, name, options, body) };
  }

  run(body) {
    if (this.isDead) return;
    if (this.isFrozen) this.#waiting.push(body);
    else body();
  }

  freeze() { this.isFrozen = true; }

  thaw() {
    this.isFrozen = false;
    for (const body of this.#waiting.splice(0)) this.run(body);
  }

  /** The process of the tab is gone. */
  kill() {
    this.isDead = true;
    for (const channel of [...this.browser.channels]) if (channel.tab === this) this.browser.channels.delete(channel);
    for (const socket of this.browser.server.sockets) if (socket.tab === this) socket.drop();
    this.browser.releaseLocksOf(this);
  }

  fire(event) { this.listeners.get(event)?.({}); }
}

/** The server: a peer of its own, and as many sockets as were dialled. */
class PlayedServer {
  sockets = new Set();
  isUp = true;
  dialled = 0;

  async start() {
    const timers = { setTimeout: () => 0 };
    this.core = await Core.open({ module: compiled, source: 'SERVER', reducer: numbers, timers });
  }

  /** The class of WebSocket for a tab. */
  socketFor(tab) {
    const server = this;
    return class {
      bufferedAmount = 0;

      constructor() {
        this.tab = tab;
        server.dialled += 1;
        queueMicrotask(() => {
          if (this.isClosed) return;
          if (!server.isUp) { tab.run(() => this.onclose?.({})); return; }
          server.sockets.add(this);
          this.session = server.core.openSession();
          tab.run(() => this.onopen?.({}));
          server.pump();
        });
      }

      send(text) {
        queueMicrotask(() => {
          if (this.session === undefined) return;
          server.core.receive(this.session, text);
          server.core.fold();
          server.pump();
        });
      }

      say(text) { queueMicrotask(() => tab.run(() => this.onmessage?.({ data: text }))); }

      close() {
        this.isClosed = true;
        this.drop();
      }

      drop() {
        if (this.session === undefined) return;
        server.core.closed(this.session);
        this.session = undefined;
        server.sockets.delete(this);
        queueMicrotask(() => tab.run(() => this.onclose?.({})));
      }
    };
  }

  pump() {
    for (const socket of this.sockets) {
      for (let lines; (lines = this.core.pull(socket.session)) !== null;) socket.say(lines);
    }
  }

  stop() {
    this.isUp = false;
    for (const socket of [...this.sockets]) socket.drop();
  }
}

/** A browser, and a server that it may reach. */
export class PlayedBrowser {
  clock = new Clock();
  channels = new Set();
  items = new Map();
  storageFault = false;
  lockFault = null; // 'throws', 'fails', 'hangs', 'is late' or 'grants to all'
  isCutOff = () => false; // whether a message from one tab reaches another
  posted = 0;
  server = new PlayedServer();
  tabs = [];
  #locks = new Map(); // name → { holder, queue }

  static async start() {
    const browser = new PlayedBrowser();
    await browser.server.start();
    return browser;
  }

  post(from, data) {
    this.posted += 1;
    for (const to of [...this.channels]) {
      if (to === from || to.name !== from.name || this.isCutOff(from.tab, to.tab)) continue;
      const copy = structuredClone(data);
      queueMicrotask(() => to.tab.run(() => { if (this.channels.has(to)) to.onmessage?.({ data: copy }); }));
    }
  }

  /** Says something in the channel of all tabs, as a page of the same origin could. */
  shout(data, name = 'n:tabs:1') {
    this.post({ name, tab: null }, data);
  }

  get storage() {
    const check = () => { if (this.storageFault) throw new Error('denied'); };
    return {
      getItem: (key) => { check(); return this.items.get(key) ?? null; },
      setItem: (key, value) => { check(); this.items.set(key, String(value)); },
    };
  }

  // ---- locks

  requestLock(tab, name, options, body) {
    const wrong = this.lockFault;
    if (wrong === 'throws') throw new Error('played');
    if (wrong === 'fails') return Promise.reject(new Error('played'));
    if (wrong === 'hangs') return new Promise(() => {});
    return new Promise((resolve, reject) => {
      const request = { tab, body, resolve, reject };
      const lock = this.#locks.get(name) ?? { holder: null, queue: [] };
      this.#locks.set(name, lock);
      if (wrong === 'is late') { this.clock.setTimeout(() => this.#grant(lock, request), 8_000); return; }
      if (wrong === 'grants to all') { this.#grant({ queue: [] }, request); return; }
      if (options.steal && lock.holder) {
        const stolen = lock.holder;
        lock.holder = null;
        queueMicrotask(() => stolen.tab.run(() => stolen.reject(new DOMException('stolen', 'AbortError'))));
      }
      if (!lock.holder) { this.#grant(lock, request); return; }
      if (options.ifAvailable) { queueMicrotask(() => tab.run(() => resolve(body(null)))); return; }
      lock.queue.push(request);
      options.signal?.addEventListener('abort', () => {
        if (!lock.queue.includes(request)) return;
        lock.queue.splice(lock.queue.indexOf(request), 1);
        reject(options.signal.reason);
      });
    });
  }

  #grant(lock, request) {
    lock.holder = request;
    queueMicrotask(() => request.tab.run(async () => {
      try { request.resolve(await request.body({})); } catch (error) { request.reject(error); }
      this.#released(lock, request);
    }));
  }

  #released(lock, request) {
    if (lock.holder !== request) return;
    lock.holder = null;
    const next = lock.queue.shift();
    if (next) this.#grant(lock, next);
  }

  releaseLocksOf(tab) {
    for (const lock of this.#locks.values()) {
      lock.queue = lock.queue.filter((request) => request.tab !== tab);
      if (lock.holder?.tab === tab) this.#released(lock, lock.holder);
    }
  }

  // ---- tabs

  /** A tab with nothing in it. */
  blank() {
    const tab = new PlayedTab(this, this.tabs.length);
    this.tabs.push(tab);
    tab.reports = [];
    /** What `ScuttlebuttTabs.open` is given. */
    tab.played = {
      locks: tab.locks, BroadcastChannel: tab.BroadcastChannel, storage: this.storage,
      WebSocket: this.server.socketFor(tab), timers: tab.timers, now: () => this.clock.now, random: tab.random,
      fill: (bytes) => { bytes.forEach((_, index) => { bytes[index] = Math.floor(tab.random() * 256); }); },
      nextTask: (body) => queueMicrotask(() => tab.run(body)), window: tab.window,
    };
    return tab;
  }

  /** Opens a tab with a peer in it. */
  async open(options = {}) {
    const tab = this.blank();
    tab.tabs = ScuttlebuttTabs.open({
      name: 'n', ...tab.played, report: (kind, text) => tab.reports.push(`${kind}: ${text}`), ...options,
    });
    const opening = TabPeer.open({
      Core, module: compiled, source: `TAB${tab.number}`, reducer: numbers, tabs: tab.tabs, url: 'ws://server/ws',
      timers: tab.timers,
    }).then((peer) => { tab.peer = peer; });
    await settle();
    for (let waited = 0; !tab.peer && waited < 5_000; waited += 250) await this.clock.pass(250);
    if (!tab.peer) throw new Error(`tab ${tab.number} does not start: ${tab.tabs.status().text}`);
    await opening;
    await this.pass(0);
    return tab;
  }

  async openMany(count) {
    const tabs = [];
    for (let number = 0; number < count; number++) tabs.push(await this.open());
    await this.pass(2_000);
    return tabs;
  }

  /** Lets time pass, and everything that is due be done. */
  async pass(time) {
    await settle();
    await this.clock.pass(time);
    await settle();
  }

  get alive() { return this.tabs.filter((tab) => !tab.isDead); }

  roles() { return this.alive.map((tab) => tab.tabs.status().role); }

  /** The one that leads, of those that know what time it is. */
  get leader() { return this.alive.find((tab) => !tab.isFrozen && tab.tabs.status().role === 'leader'); }
}

export { settle };
