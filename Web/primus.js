// SPDX-License-Identifier: MIT
//
// A small Primus client, served at `/primus/primus.js` for pages of the original redux-scuttlebutt.
//
//   const primus = Primus.connect('http://host:3000', options)       or  new Primus(uri, options)
//   primus.on('open' | 'data' | 'end' | 'close' | 'error' | 'reconnect', listener)
//   primus.write(data) · primus.end(data, { reconnect }) · stream.pipe(primus) · primus.pipe(stream)
//
// Every item travels as one JSON text frame. It speaks both heartbeats: a Primus 6 server waits for our pings,
// a Primus 7 or 8 server pings and waits for our pongs. Which one it is stands in `/primus/spec`; without that
// we listen for 32 s first, because an unexpected ping is data to a Primus 8 server.
// In node: `require('./primus.js')`. `WebSocket`, `fetch`, `timers`, `random` and `now` may be given as options.
(function (root, make) {
  const Primus = make(root);
  if (typeof module === 'object' && module.exports) module.exports = Primus;
  else root.Primus = Primus;
})(typeof globalThis === 'object' ? globalThis : this, function (root) {
  'use strict';

  const BOUNDS = {
    connectTimeout: 30_000, // ms per attempt
    firstDelay: 500, // ms, doubled with each attempt
    doublings: 10, // attempts whose delay doubles; later ones wait between once and twice `lastDelay`
    lastDelay: 30_000, // ms
    pingAfter: 25_000, // ms from opening, or from a pong, to our ping (Primus 6)
    pongWithin: 10_000, // ms to wait for the pong
    serverPing: 45_000, // ms without a ping of a Primus 8 server after which it is gone
    undecided: 32_000, // ms to listen when there was no spec
    lateTimer: 5_000, // ms by which a timer comes late when the page slept or is slowed down
    lateInARow: 1, // late deadlines that are taken for sleep; the next one counts
    usefulAfter: 1_000, // ms from opening from which on the loss of a connection is no failed attempt
    queue: 10_000, // items written while disconnected; beyond it the oldest is dropped
  };

  // As the server that serves this script at `…/primus/primus.js` is reached, perhaps below a path of a proxy.
  const home = /^[^?#]*\/primus(?=\/primus\.js(?:[?#]|$))/.exec(root.document?.currentScript?.src ?? '')?.[0];

  /** Where Primus is at `base`: below its path, or where this script came from. */
  function pathname(base) {
    const path = base.pathname.replace(/\/+$/, '');
    if (/(?:^|\/)primus$/.test(path)) return path;
    if (path) return `${path}/primus`;
    return home && new URL(home).origin === base.origin ? new URL(home).pathname : '/primus';
  }

  /** Listeners by name, in the manner of node's EventEmitter, as streams expect it of what they pipe to. */
  class Emitter {
    #listeners = new Map();

    on(event, listener) {
      if (!this.#listeners.has(event)) this.#listeners.set(event, []);
      this.#listeners.get(event).push({ listener, isOnce: false });
      return this;
    }

    once(event, listener) {
      this.on(event, listener);
      this.#listeners.get(event).at(-1).isOnce = true;
      return this;
    }

    off(event, listener) {
      const kept = (this.#listeners.get(event) ?? []).filter((entry) => listener && entry.listener !== listener);
      if (kept.length > 0) this.#listeners.set(event, kept);
      else this.#listeners.delete(event);
      return this;
    }

    emit(event, ...values) {
      const entries = this.#listeners.get(event);
      if (!entries) return false;
      for (const entry of entries.slice()) {
        if (entry.isOnce) this.#remove(event, entry);
        entry.listener.apply(this, values);
      }
      return true;
    }

    #remove(event, entry) {
      const kept = (this.#listeners.get(event) ?? []).filter((other) => other !== entry);
      if (kept.length > 0) this.#listeners.set(event, kept);
      else this.#listeners.delete(event);
    }

    listeners(event) {
      return (this.#listeners.get(event) ?? []).map((entry) => entry.listener);
    }

    listenerCount(event) {
      return this.listeners(event).length;
    }

    removeAllListeners(event) {
      if (event === undefined) this.#listeners.clear();
      else this.#listeners.delete(event);
      return this;
    }

    addListener(event, listener) {
      return this.on(event, listener);
    }

    removeListener(event, listener) {
      return this.off(event, listener);
    }
  }

  /** A cache buster: the time in base 64. */
  function yeast(time) {
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
    let text = '';
    for (let rest = time; rest > 0; rest = Math.floor(rest / 64)) text = alphabet[rest % 64] + text;
    return text;
  }

  /** The frame text of an item: JSON, with the two line separators escaped that old JavaScript takes for newlines. */
  function encode(data) {
    return JSON.stringify(data).replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
  }

  class Client extends Emitter {
    #options; #timers; #random; #now; #base; #socket = null; #buffer = []; #idRequests = [];
    #connectTimer; #retryTimer; #beatTimer; #generation = 0; #attempt = 0; #isEnded = false; #dialect = null; #wakeUp;
    #openedAt = null; #lateBeats = 0; #pingedAt = null; #stopListening = () => {};

    /**
     * `uri` is http(s) or ws(s); its query is kept. Primus is below its path, or at `options.pathname`. Without a
     * path it is where this script came from, if that is the same server, or at `/primus`.
     */
    constructor(uri, options = {}) {
      super();
      if (typeof uri === 'object' && uri !== null) { options = uri; uri = undefined; }
      this.#options = { ...options };
      this.#timers = this.#options.timers ?? {
        setTimeout: (body, delay) => root.setTimeout(body, delay),
        clearTimeout: (timer) => root.clearTimeout(timer),
      };
      this.#random = this.#options.random ?? Math.random;
      this.#now = this.#options.now ?? Date.now;
      const page = root.location?.href;
      const base = new URL(uri ?? this.#options.url ?? page ?? 'http://localhost:3000', page);
      base.protocol = base.protocol.replace(/^ws/, 'http');
      if (!uri && !this.#options.url) base.search = base.pathname = ''; // a page's own are not ours
      base.pathname = this.#options.pathname ?? pathname(base);
      base.hash = '';
      this.#base = base;
      this.readyState = Primus.CLOSED;
      this.writable = false;
      this.readable = false;
      this.attempt = 0;
      this.#wakeUp = () => {
        if (this.readyState === Primus.OPEN) { this.#beatNow(); return; }
        if (this.#retryTimer === undefined) return;
        this.#clear();
        this.emit('online');
        this.#dial();
      };
      const document = root.document;
      const shown = () => { if (document?.visibilityState !== 'hidden') this.#wakeUp(); };
      const listeners = [
        [root, 'online', this.#wakeUp], [root, 'pageshow', shown],
        [document, 'visibilitychange', shown], [document, 'resume', shown],
      ];
      for (const [target, event, listener] of listeners) target?.addEventListener?.(event, listener);
      this.#stopListening = () => {
        for (const [target, event, listener] of listeners) target?.removeEventListener?.(event, listener);
      };
      if (this.#options.manual || this.#options.open === false) return;
      // A moment later, so that the caller can add listeners first.
      const generation = this.#generation;
      this.#timers.setTimeout(() => { if (generation === this.#generation) this.open(); }, 0);
    }

    /** Where the next attempt would connect to. */
    uri() {
      const url = new URL(this.#base);
      const query = url.search.replace(/^\?/, '');
      return `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}${url.pathname}?${query ? `${query}&` : ''}_primuscb=${yeast(this.#now())}`;
    }

    /** Connects, if it is not connected or connecting. */
    open() {
      if (this.readyState !== Primus.CLOSED) return this;
      this.#isEnded = false;
      this.#clear();
      this.#dial();
      return this;
    }

    #dial() {
      const generation = ++this.#generation;
      this.#ready(Primus.OPENING);
      this.emit('outgoing::open');
      this.#connectTimer = this.#timers.setTimeout(() => {
        if (generation !== this.#generation || this.readyState !== Primus.OPENING) return;
        this.emit('reconnect timeout', new Error('timeout'), { attempt: this.#attempt });
        this.#lost();
      }, this.#options.timeout ?? BOUNDS.connectTimeout);
      let socket;
      try {
        const Socket = this.#options.WebSocket ?? root.WebSocket;
        socket = new Socket(this.uri());
      } catch (error) {
        this.emit('error', error);
        if (generation === this.#generation) this.#lost();
        return;
      }
      this.#socket = socket;
      const guard = (body) => (event) => { if (generation === this.#generation) body(event); };
      socket.onopen = guard(() => this.#opened());
      socket.onmessage = guard((event) => this.#heard(event.data));
      socket.onerror = guard((event) => this.emit('error', event?.error ?? new Error('the connection failed')));
      socket.onclose = guard(() => this.#lost());
    }

    #opened() {
      this.#clear();
      const wasRetry = this.#attempt > 0;
      this.attempt = 0;
      this.#openedAt = this.#now();
      this.#ready(Primus.OPEN);
      this.writable = this.readable = true;
      this.#startBeating();
      if (wasRetry) this.emit('reconnected', {});
      this.emit('incoming::open');
      this.emit('open');
      for (const data of this.#buffer.splice(0)) this.#send(data);
    }

    #heard(text) {
      this.#lateBeats = 0;
      if (typeof text !== 'string') return;
      let data;
      try { data = JSON.parse(text); } catch { return; }
      if (typeof data !== 'string' || !data.startsWith('primus::')) {
        this.emit('data', data, text);
        return;
      }
      const [, kind, value] = /^primus::([a-z]+)::([^]*)$/.exec(data) ?? [];
      if (kind === 'ping') {
        if (this.#dialect !== 'client pings') this.#expectPing();
        this.#send(`primus::pong::${value}`);
      } else if (kind === 'pong') {
        if (this.#dialect === 'client pings') this.#pingLater();
      } else if (kind === 'id') {
        for (const request of this.#idRequests.splice(0)) request(value);
      } else if (kind === 'server' && value === 'close') {
        this.end(); // the server wishes us not to come back
      }
    }

    // ---- heartbeat

    /** After `delay` does `body`, or `late` if the timer comes late: then we slept, and the other side may be there. */
    #beat(delay, body, late = body) {
      this.#timers.clearTimeout(this.#beatTimer);
      const generation = this.#generation;
      const until = this.#now() + delay;
      this.#beatTimer = this.#timers.setTimeout(() => {
        if (generation !== this.#generation) return;
        const isLate = this.#now() - until > BOUNDS.lateTimer && this.#lateBeats < BOUNDS.lateInARow;
        if (isLate) this.#lateBeats += 1;
        (isLate ? late : body)();
      }, delay);
    }

    /** The page may have slept, or the network changed: a server that waits for our pings gets one now. */
    #beatNow() {
      if (this.#dialect === 'client pings' && this.#now() - this.#pingedAt >= BOUNDS.usefulAfter) this.#pingNow();
    }

    async #startBeating() {
      const generation = this.#generation;
      this.#dialect = null;
      this.#beat(BOUNDS.undecided, () => this.#pingNow());
      const ask = this.#options.fetch ?? root.fetch;
      if (!ask) return;
      let spec = null;
      try {
        const url = new URL(this.#base);
        url.pathname = `${url.pathname.replace(/\/$/, '')}/spec`;
        const answer = await ask(url.href);
        spec = answer.ok ? await answer.json() : null;
      } catch { /* there is none: stay undecided */ }
      if (generation !== this.#generation || this.#dialect !== null || !spec) return;
      if (typeof spec.timeout === 'number') this.#pingLater();
      else if (typeof spec.pingInterval === 'number') this.#expectPing(spec.pingInterval + 15_000);
    }

    /** Primus 7 and 8: the server pings, and is gone when it does not. */
    #expectPing(within = BOUNDS.serverPing) {
      this.#dialect = 'server pings';
      this.#beat(within, () => this.#silent(), () => this.#expectPing(within));
    }

    /** Primus 6: we ping some time after opening and after each pong. */
    #pingLater() {
      this.#dialect = 'client pings';
      const after = this.#options.ping;
      this.#beat(typeof after === 'number' ? after : BOUNDS.pingAfter, () => this.#pingNow());
    }

    #pingNow() {
      this.#dialect = 'client pings';
      const within = this.#options.pong;
      this.#beat(typeof within === 'number' ? within : BOUNDS.pongWithin, () => this.#silent(), () => this.#pingNow());
      this.#pingedAt = this.#now();
      this.#send(`primus::ping::${this.#now()}`);
    }

    #silent() {
      this.emit('offline');
      this.#lost();
    }

    // ---- closing and coming back

    /** The connection is gone against our wish. */
    #lost() {
      // Who accepts and closes at once is dialled more and more rarely.
      if (this.#openedAt !== null && this.#now() - this.#openedAt >= BOUNDS.usefulAfter) this.#attempt = 0;
      this.#openedAt = null;
      this.#hangUp();
      if (this.#isEnded) return;
      if (this.#options.strategy === false) { this.#finish(); return; }
      this.#schedule();
    }

    #hangUp() {
      const wasOpen = this.readyState === Primus.OPEN;
      this.#generation += 1; // whatever the old socket still says is not heard
      this.#clear();
      this.writable = this.readable = false;
      this.#ready(Primus.CLOSED);
      const socket = this.#socket;
      this.#socket = null;
      if (socket) {
        socket.onerror = () => {};
        try { socket.close(1000); } catch { /* it is closed already */ }
      }
      if (wasOpen) this.emit('close');
    }

    #schedule() {
      if (this.#isEnded || this.readyState !== Primus.CLOSED) return;
      this.attempt = this.#attempt += 1;
      const attempt = this.#attempt;
      const min = this.#options.reconnect?.min ?? BOUNDS.firstDelay;
      const longest = attempt <= BOUNDS.doublings ? min * 2 ** (attempt - 1) : BOUNDS.lastDelay;
      const delay = Math.min(Math.round((this.#random() + 1) * longest), this.#options.reconnect?.max ?? Infinity);
      const generation = this.#generation;
      this.#retryTimer = this.#timers.setTimeout(() => {
        if (generation !== this.#generation) return;
        this.#retryTimer = undefined;
        this.emit('reconnect', { attempt });
        if (generation === this.#generation) this.#dial();
      }, delay);
      this.emit('reconnect scheduled', { attempt, scheduled: delay, retries: BOUNDS.doublings });
    }

    #finish() {
      this.#isEnded = true;
      this.#stopListening();
      this.emit('outgoing::end');
      this.emit('end');
    }

    #ready(state) {
      if (this.readyState === state) return;
      this.readyState = state;
      this.emit('readyStateChange', state);
    }

    #clear() {
      for (const timer of [this.#connectTimer, this.#retryTimer, this.#beatTimer]) this.#timers.clearTimeout(timer);
      this.#connectTimer = this.#retryTimer = this.#beatTimer = undefined;
    }

    // ---- for callers

    /** Sends an item, or keeps it until the connection is open. Always true: there is no drain to wait for. */
    write(data) {
      this.#send(data);
      return true;
    }

    #send(data) {
      if (data === undefined) return;
      if (this.readyState !== Primus.OPEN) {
        if (this.#isEnded) return;
        if (this.#buffer.length >= (this.#options.queueSize ?? BOUNDS.queue)) this.#buffer.shift();
        this.#buffer.push(data);
        return;
      }
      try { this.#socket.send(encode(data)); } catch (error) { this.emit('error', error); }
    }

    /** Closes after a last item. With `{ reconnect: true }` it connects anew, otherwise it stays closed. */
    end(data, options) {
      if (this.#isEnded) return this;
      if (data !== undefined && this.readyState === Primus.OPEN) this.#send(data);
      if (options?.reconnect) {
        this.#lost();
        return this;
      }
      this.#isEnded = true;
      this.#buffer = [];
      this.#hangUp();
      this.#finish();
      return this;
    }

    /** Asks the server for the id it gave to this connection. */
    id(callback) {
      this.#idRequests.push(callback);
      this.#send('primus::id::');
      return this;
    }

    /** Hands every item to `destination`, and ends it at our end unless `{ end: false }`. */
    pipe(destination, options) {
      const write = (data) => destination.write(data);
      const end = () => { if (options?.end !== false) destination.end?.(); };
      const clean = () => { this.off('data', write); this.off('end', end); this.off('end', clean); };
      this.on('data', write);
      this.on('end', end);
      this.on('end', clean);
      destination.on?.('close', clean);
      destination.emit?.('pipe', this);
      return destination;
    }

    destroy() {
      this.end();
      this.emit('destroy');
      this.removeAllListeners();
    }
  }

  /** Callable with and without `new`, as pages do both. */
  function Primus(uri, options) {
    return new Client(uri, options);
  }
  Primus.prototype = Client.prototype;
  Object.defineProperty(Client.prototype, 'constructor', { value: Primus });
  Primus.connect = (uri, options) => new Client(uri, options);
  Primus.OPENING = 1;
  Primus.CLOSED = 2;
  Primus.OPEN = 3;
  Primus.BOUNDS = BOUNDS;
  Primus.EventEmitter = Emitter;
  return Primus;
});
