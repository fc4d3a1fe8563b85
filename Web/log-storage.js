// SPDX-License-Identifier: MIT
//
// Keeps everybody's actions in IndexedDB, so that a page that is opened without the server shows the state of before.
//
//   <script src="log-storage.js" defer></script>   defines the global `ScuttlebuttLog`
//   const log = ScuttlebuttLog.open({ name, isOwn: (source) => … })
//   for await (const lines of log.load()) core.restore(lines)      every tab, before its first session
//   await log.lead((header) => core.changesSince(header))          the tab that leads; it alone writes
//   log.append(lines)                                              what was accepted or dispatched since
//   log.saveCheckpoint({ key, state, header, count })              a state that can be shown at once
//   log.status()                                                   what is kept, and what is not
//
// This is a copy: the server has others' actions, and own ones are saved before they are sent (`IndexedDBStorage` in
// scuttlebutt.js). So a fault here holds nothing up; what is lacking is asked for again by the header of what is
// stored. Invariant: of each source the stored actions are the first ones, without a gap. A peer says which timestamp
// it has seen last of a source, so it would never be sent what is missing before that. Therefore groups of lines are
// written in order, each says where the one before it ended, and when room is short the newest are thrown away.
//
// One tab writes: each transaction looks whether the writer is still the one who was written down last.
//
// Over 600 lines because a page takes this one file, without a build step or a second one.
(function (root, make) {
  const api = make();
  if (typeof module === 'object' && module.exports) module.exports = api;
  else root.ScuttlebuttLog = api;
})(typeof globalThis === 'object' ? globalThis : this, function () {
  'use strict';

  /** Every bound has a name; beyond it the rule in the comment applies. Lengths are in UTF-16 units. */
  const BOUNDS = {
    log: 52_428_800, // of all stored lines; then others' actions are kept no further, see `append`
    share: 0.4, // of what the browser grants this origin; if that is less than `log`, it is the bound
    group: 262_144, // of one group of lines, which is read and written at once; a longer line is a group of its own
    line: 10_485_760, // of a line; a longer one is not kept
    queued: 8_388_608, // of lines that wait to be written; beyond it they are dropped, and asked for again
    page: 8, // groups that are read in one transaction
    ends: 65_536, // sources in a group
    checkpoint: 16_777_216, // of a checkpoint's state and header; a longer one is not kept
    flushAfter: 200, // ms that lines wait for others to be written with
    storageWait: 5_000, // ms for one use of the storage; one that takes longer has failed
    retryFirst: 500, // ms after a failure, doubling
    retryLast: 15_000, // ms, the longest wait
    shed: 0.25, // of the stored log that is thrown away when the browser has no more room
    reports: 100, // remembered reports
  };

  const FORMAT = 1;

  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

  /** A checksum against damage, not against malice: what is read is checked again by the core. */
  function sumOf(text) {
    let sum = 0x811c9dc5;
    for (let index = 0; index < text.length; index++) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
    return sum >>> 0;
  }

  function freshId(fill) {
    const bytes = new Uint8Array(16);
    (fill ?? ((array) => globalThis.crypto.getRandomValues(array)))(bytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** The stamp of a line, or null if it is no update. */
  function stampOf(line) {
    if (typeof line !== 'string' || line.includes('\n')) return null;
    let update;
    try { update = JSON.parse(line); } catch { return null; }
    if (!Array.isArray(update)) return null;
    const [, timestamp, source] = update;
    return typeof timestamp === 'number' && timestamp > 0 && typeof source === 'string' ? { timestamp, source } : null;
  }

  /** The content is not ours to read: of a newer version of the page, or of something else. */
  class Refusal extends Error {}

  /** Another tab writes now. */
  class Superseded extends Error {}

  /** What a stored group is; null if it is damaged. `ends`: of each source, where it was before and is now. */
  function readGroup(value) {
    if (!isObject(value) || value.v !== FORMAT || typeof value.text !== 'string') return null;
    if (!Array.isArray(value.ends) || value.ends.length > BOUNDS.ends || typeof value.own !== 'boolean') return null;
    for (const end of value.ends) {
      if (!Array.isArray(end) || typeof end[0] !== 'string' || !(end[1] >= 0) || !(end[2] > end[1])) return null;
    }
    return value.sum === sumOf(value.text + JSON.stringify(value.ends)) ? value : null;
  }

  function makeGroup(own, lines, ends) {
    const text = lines.join('\n');
    const list = [...ends].map(([source, { from, to }]) => [source, from, to]);
    return { v: FORMAT, own, text, ends: list, sum: sumOf(text + JSON.stringify(list)) };
  }

  class LogStorage {
    #options; #timers; #limit; #database = null;
    #index = new Map(); #ends = new Map(); #epoch = null; #next = 0; #size = 0; // what is known to be stored
    #queue = []; #queued = 0; #flushTimer = null; #retryTimer = null; #attempt = 0; #turn = Promise.resolve();
    #state = 'reading'; #fault = null; #isWriter = false; #isFull = false; #changesSince = null; #isClosed = false;
    #skipped = new Map(); #isBehind = false; #damagedFrom = Infinity; #subscribers = new Set(); #waiters = [];

    /** Use `open`. */
    constructor(options) {
      this.#options = { name: 'scuttlebutt', isOwn: () => false, ...options };
      this.#limit = options.limit ?? BOUNDS.log;
      this.#timers = options.timers ?? {
        setTimeout: (body, delay) => globalThis.setTimeout(body, delay),
        clearTimeout: (timer) => globalThis.clearTimeout(timer),
      };
      this.id = freshId(options.fill);
      this.reports = [];
    }

    // ---- reading

    /**
     * `state`: 'reading' (another tab writes, or nobody yet), 'kept', 'full' (others' newer actions are not kept),
     * 'failing' (nothing is kept for now; it is tried again) or 'refused' (this page cannot use what is there).
     * `isKept`: whether all that was appended is, or will be, stored. `size` of the stored lines. `text` for a badge,
     * '' if all is well.
     */
    status() {
      const text = {
        reading: '',
        kept: '',
        full: 'the log of this browser is full: what others did later is not kept',
        failing: `what others did is not kept for now: ${this.#fault}`,
        refused: `what others did is not kept: ${this.#fault}`,
      }[this.#state];
      const isKept = this.#state === 'kept' || this.#state === 'reading';
      return { state: this.#state, isKept, size: this.#size, text };
    }

    /** Calls `listener` with `status()` when that has changed. Returns a function that ends it. */
    subscribe(listener) {
      const registration = { listener };
      this.#subscribers.add(registration);
      return () => { this.#subscribers.delete(registration); };
    }

    #become(state, fault = null) {
      if (this.#state === state && this.#fault === fault) return;
      this.#state = state;
      this.#fault = fault;
      if (fault !== null || state === 'full') this.#report(this.status().text);
      for (const { listener } of [...this.#subscribers]) {
        try { listener(this.status()); } catch (error) { this.#report(`a listener failed: ${error}`); }
      }
    }

    #report(text) {
      this.reports.push(text);
      if (this.reports.length > BOUNDS.reports) this.reports.shift();
      this.#options.report?.('log', text);
    }

    /** What is stored, as the header line of a peer. */
    header() {
      return this.#headerOf(this.#ends);
    }

    #headerOf(ends) {
      const entries = [...ends].map(([source, timestamp]) => `${JSON.stringify(source)}:${timestamp}`);
      return `{"id":"log","start":0,"clock":{${entries.join(',')}}}`;
    }

    /**
     * Gives the stored lines in batches, each source in ascending order. Ends early, with a report, at what is damaged
     * or cannot be read: the rest comes from the server. Never throws.
     */
    async *load() {
      try {
        for await (const group of this.#read()) yield group.text.split('\n');
      } catch (error) {
        this.#failed(error);
      }
    }

    /** The groups that were not read yet; all of them, if some have been thrown away since. */
    async *#read() {
      const { groups: found, state } = await this.#page(null);
      if (!state) return;
      if (state.epoch !== this.#epoch) this.#forget(state);
      let key = Math.max(this.#next, state.first);
      let groups = key === state.first ? found : [];
      for (let end = state.next; key < end;) {
        if (groups.length === 0) ({ groups } = await this.#page(key));
        if (groups.length === 0) return; // another tab has begun again
        for (const value of groups) {
          const group = value === undefined ? undefined : readGroup(value);
          if (group === null) this.#damaged(key, 'is damaged');
          else if (group && group.ends.some(([source, from]) => from > (this.#ends.get(source) ?? 0))) {
            this.#damaged(key, 'does not follow the one before it');
          } else if (group && key < this.#damagedFrom) {
            this.#remember(key, group);
            yield group;
          }
          key += 1;
        }
        groups = [];
      }
      this.#next = Math.max(this.#next, state.next);
    }

    #damaged(key, how) {
      if (key < this.#damagedFrom) {
        this.#report(`the stored log ${how} at group ${key}; it and what follows is left out`);
      }
      this.#damagedFrom = Math.min(this.#damagedFrom, key);
    }

    #forget(state) {
      this.#epoch = state.epoch;
      this.#index.clear();
      this.#ends.clear();
      this.#next = state.first;
      this.#size = 0;
      this.#damagedFrom = Infinity;
    }

    #remember(key, { text, own, ends }) {
      this.#index.set(key, { size: text.length, own, ends });
      this.#size += text.length;
      for (const [source, , to] of ends) this.#ends.set(source, Math.max(to, this.#ends.get(source) ?? 0));
      this.#next = Math.max(this.#next, key + 1);
    }

    /** The state record, and a page of groups from `key` on (from the first one if it is null). */
    #page(key) {
      return this.#transact('readonly', (state, groups) => {
        const checked = this.#check(state);
        if (!checked) return () => ({ groups: [], state: null });
        const first = key ?? checked.first;
        const requests = [];
        const end = Math.min(first + BOUNDS.page, checked.next);
        for (let next = first; next < end; next++) requests.push(groups.get(next));
        return () => ({ groups: requests.map(({ result }) => result), state: checked });
      });
    }

    /** The state record if it can be used; null if there is none, or if the log is to begin again. */
    #check(state) {
      if (state === undefined) return null;
      if (isObject(state) && state.v > FORMAT) throw new Refusal('the stored log is of a newer version of this page');
      const isGood = isObject(state) && state.v === FORMAT && isCount(state.epoch) && isCount(state.first)
        && isCount(state.next) && state.first <= state.next && typeof state.writer === 'string';
      if (isGood) return state;
      this.#report('the stored log is of an older version, or damaged, and is left out');
      return null;
    }

    // ---- writing

    /**
     * Makes this tab the one that writes, and stores what is lacking. `changesSince(header)` gives lines that a peer
     * with this header lacks, some of them, or none if it has all. Never throws.
     */
    lead(changesSince) {
      this.#changesSince = changesSince;
      return this.#inTurn(() => this.#takeOver());
    }

    /** Stops writing: another tab leads. */
    follow() {
      this.#changesSince = null;
      this.#isWriter = false;
      this.#dropQueue();
      this.#timers.clearTimeout(this.#retryTimer);
      if (this.#state !== 'refused') this.#become('reading');
      this.#settle();
    }

    close() {
      this.follow();
      this.#isClosed = true;
      this.#reset();
    }

    #inTurn(body) {
      const turn = this.#turn.then(body).catch((error) => this.#failed(error));
      this.#turn = turn;
      return turn;
    }

    async #takeOver() {
      if (this.#isClosed || !this.#changesSince || this.#state === 'refused') return;
      await this.#learnLimit();
      await this.#transact('readwrite', (state, groups, about) => {
        const good = this.#check(state);
        // An epoch that no tab has seen, so that none takes the new groups for those that it has read.
        const fresh = { v: FORMAT, epoch: (good?.epoch ?? Date.now()) + 1, first: 0, next: 0 };
        if (!good) groups.clear();
        about.put({ ...(good ?? fresh), writer: this.id }, 'state');
        return () => undefined;
      });
      this.#isWriter = true;
      this.#isFull = this.#isBehind = false;
      this.#skipped.clear();
      for await (const group of this.#read()) void group;
      if (this.#damagedFrom < Infinity) await this.#cutOff();
      await this.#fill();
      this.#attempt = 0;
      if (this.#isWriter) this.#become(this.#isFull ? 'full' : 'kept');
      if (this.#queue.length > 0) await this.#writeQueue();
      this.#settle();
    }

    async #learnLimit() {
      try {
        const estimate = this.#options.estimate ?? (() => globalThis.navigator.storage.estimate());
        const { quota } = await this.#within('the estimate', estimate);
        if (quota > 0) this.#limit = Math.min(this.#options.limit ?? BOUNDS.log, quota * BOUNDS.share);
      } catch { /* nobody knows */ }
    }

    /** Removes what is damaged, and what follows. */
    async #cutOff() {
      const from = this.#damagedFrom;
      await this.#change((state, groups) => {
        for (let key = from; key < state.next; key++) groups.delete(key);
        return { ...state, epoch: state.epoch + 1 };
      });
      this.#damagedFrom = Infinity;
    }

    /** Stores what this peer has and the storage lacks. */
    async #fill() {
      this.#isBehind = false;
      for (let before = null; this.#isWriter && this.#changesSince;) {
        const header = this.#headerOf(new Map([...this.#ends, ...this.#skipped]));
        if (header === before) return; // they were no updates
        before = header;
        const lines = this.#changesSince(header);
        if (lines.length === 0) return;
        await this.#write(lines.map((line) => ({ line, stamp: stampOf(line) })));
      }
    }

    /**
     * Takes lines that were accepted or dispatched, each source in ascending order; what is stored already is left out.
     * They are written soon, several calls at a time. When the log is full, others' actions are not kept from there
     * on; for own ones others' newest are thrown away.
     */
    append(lines) {
      if (!this.#isWriter) return;
      for (const line of lines) {
        const stamp = stampOf(line);
        if (!stamp) { this.#report('a line that is no update is not kept'); continue; }
        this.#queue.push({ line, stamp });
        this.#queued += line.length;
      }
      if (this.#queued > BOUNDS.queued) {
        this.#dropQueue();
        this.#isBehind = true; // whatever is written next begins with what was dropped
        this.flush();
      } else if (this.#queue.length > 0) {
        this.#flushTimer ??= this.#timers.setTimeout(() => { this.flush(); }, BOUNDS.flushAfter);
      }
    }

    /** Writes what waits; resolves when that is done or given up. */
    flush() {
      this.#timers.clearTimeout(this.#flushTimer);
      this.#flushTimer = null;
      return this.#inTurn(() => this.#writeQueue());
    }

    /**
     * Stores what this peer has and the storage lacks, in portions: in place of `append`, for who does not know which
     * lines those are. Resolves when that is done or given up.
     */
    catchUp() {
      if (!this.#isWriter) return Promise.resolve();
      this.#isBehind = true;
      return this.flush();
    }

    #dropQueue() {
      this.#timers.clearTimeout(this.#flushTimer);
      this.#flushTimer = null;
      this.#queue = [];
      this.#queued = 0;
    }

    async #writeQueue() {
      const entries = this.#queue;
      this.#queue = [];
      this.#queued = 0;
      if (this.#isBehind) await this.#fill(); // in portions, as the storage takes them
      if (this.#isWriter && entries.length > 0) await this.#write(entries);
    }

    /** Writes lines in groups, own ones and others' apart. */
    async #write(entries) {
      let groups = [];
      let length = 0;
      const portions = new Map([[true, { lines: [], ends: new Map() }], [false, { lines: [], ends: new Map() }]]);
      const ends = new Map(); // of sources in this call
      const close = async () => {
        for (const [own, { lines, ends: list }] of portions) {
          if (lines.length > 0) groups.push(makeGroup(own, lines, list));
        }
        for (const own of portions.keys()) portions.set(own, { lines: [], ends: new Map() });
        length = 0;
        const wanted = groups;
        groups = [];
        if (wanted.length > 0) await this.#store(wanted);
      };
      for (const { line, stamp } of entries) {
        if (!stamp) continue;
        const { source, timestamp } = stamp;
        const before = ends.get(source) ?? this.#ends.get(source) ?? 0;
        if (timestamp <= before) continue;
        const own = this.#options.isOwn(source) === true;
        if (length > 0 && length + line.length > BOUNDS.group) await close();
        if (line.length > BOUNDS.line) this.#report(`an action of ${line.length} units is too long to be kept`);
        // What is left out hides what follows of its source, until the next tab leads.
        if ((this.#isFull && !own) || this.#skipped.has(source) || line.length > BOUNDS.line) {
          this.#skipped.set(source, timestamp);
          continue;
        }
        const portion = portions.get(own);
        portion.lines.push(line);
        portion.ends.set(source, { from: portion.ends.get(source)?.from ?? before, to: timestamp });
        ends.set(source, timestamp);
        length += line.length + 1;
      }
      await close();
    }

    /** Stores groups: all of it in one transaction, or nothing. */
    async #store(groups) {
      const wanted = [];
      for (const group of groups) {
        const size = group.text.length;
        const room = this.#limit - this.#size - wanted.reduce((sum, { text }) => sum + text.length, 0);
        if (size <= room && (group.own || !this.#isFull)) { wanted.push(group); continue; }
        this.#isFull = true;
        this.#become('full');
        if (group.own && await this.#shed(size - room)) { wanted.push(group); continue; }
        if (group.own) {
          this.#report('own actions alone are more than the log may hold; they are kept apart all the same');
        }
        this.#skip(group);
      }
      if (wanted.length === 0) return;
      try {
        await this.#put(wanted);
      } catch (error) {
        if (error?.name !== 'QuotaExceededError') throw error;
        // The browser has less room than was asked for: it is for own actions first.
        const isShed = await this.#shed(Math.max(1, this.#size * BOUNDS.shed));
        this.#limit = this.#size;
        this.#isFull = true;
        this.#become('full');
        const own = wanted.filter((group) => group.own);
        for (const group of wanted) if (!group.own) this.#skip(group);
        if (own.length === 0) return;
        if (!isShed) throw error;
        await this.#put(own);
      }
    }

    #skip({ ends }) {
      for (const [source, , to] of ends) this.#skipped.set(source, Math.max(to, this.#skipped.get(source) ?? 0));
    }

    async #put(wanted) {
      const first = await this.#change((state, groups) => {
        wanted.forEach((group, index) => groups.put(group, state.next + index));
        return { ...state, next: state.next + wanted.length };
      });
      wanted.forEach((group, index) => this.#remember(first + index, group));
    }

    /**
     * Throws others' newest groups away until `length` is free, at least one group. Returns whether that much was. What
     * follows of others is not kept until the next tab leads.
     */
    async #shed(length) {
      const keys = [];
      let freed = 0;
      for (const [key, { own, size }] of [...this.#index].sort(([a], [b]) => b - a)) {
        if (freed >= length) break;
        if (own) continue;
        keys.push(key);
        freed += size;
      }
      this.#isFull = true;
      if (keys.length === 0) return false;
      await this.#change((state, groups) => {
        for (const key of keys) groups.delete(key);
        return { ...state, epoch: state.epoch + 1 };
      });
      for (const key of keys) {
        this.#size -= this.#index.get(key).size;
        this.#skip(this.#index.get(key));
        for (const [source] of this.#index.get(key).ends) this.#ends.delete(source);
        this.#index.delete(key);
      }
      for (const { ends } of this.#index.values()) {
        for (const [source, , to] of ends) this.#ends.set(source, Math.max(to, this.#ends.get(source) ?? 0));
      }
      return freed >= length;
    }

    /** Frees room for something more important, for instance when own actions cannot be saved. */
    makeRoom(length = this.#size * BOUNDS.shed) {
      return this.#inTurn(async () => {
        if (!this.#isWriter) return;
        await this.#shed(Math.max(1, length));
        this.#limit = this.#size;
        this.#become('full');
      });
    }

    // ---- checkpoints

    /**
     * Keeps a state, so that the next page can show it before the log is folded. `key` names the reducer and its
     * version, `state` is JSON text, `header` what is folded in it, `count` how many actions that are.
     */
    saveCheckpoint({ key, state, header, count }) {
      return this.#inTurn(async () => {
        if (!this.#isWriter) return;
        const texts = [key, state, header];
        const isGood = texts.every((text) => typeof text === 'string') && isCount(count);
        if (!isGood || texts.join('').length > BOUNDS.checkpoint) {
          this.#report('a checkpoint is too long, or none, and is not kept');
          return;
        }
        const record = { v: FORMAT, key, state, header, count, sum: sumOf(texts.join('\n')) };
        try {
          await this.#change((current, groups, about) => { about.put(record, 'checkpoint'); return current; });
        } catch (error) {
          if (error?.name !== 'QuotaExceededError') throw error;
          this.#report('there is no room for a checkpoint');
        }
      });
    }

    /** The newest checkpoint with this key, as `{ state, header, count }`; null if there is none. Never throws. */
    async checkpoint(key) {
      try {
        const record = await this.#transact('readonly', (state, groups, about) => {
          if (!this.#check(state)) return () => undefined;
          const request = about.get('checkpoint');
          return () => request.result;
        });
        if (record === undefined) return null;
        const { v, state, header, count, sum } = isObject(record) ? record : {};
        const isGood = v === FORMAT && [record.key, state, header].every((text) => typeof text === 'string')
          && isCount(count) && sum === sumOf([record.key, state, header].join('\n'));
        if (!isGood) {
          this.#report('the stored checkpoint is damaged, or of another version, and is left out');
          return null;
        }
        return record.key === key ? { state, header, count } : null;
      } catch (error) {
        this.#failed(error);
        return null;
      }
    }

    // ---- faults

    /** Goes on without the storage, and tries again if this tab writes. */
    #failed(error) {
      this.#dropQueue();
      if (this.#isClosed) return;
      if (error instanceof Superseded) {
        this.#isWriter = false;
        this.#changesSince = null;
        this.#report('another tab writes the log now');
        this.#become('reading');
      } else if (error instanceof Refusal || error?.name === 'VersionError') {
        this.#isWriter = false;
        this.#become('refused', error instanceof Refusal ? error.message : 'it is of a newer version of this page');
      } else {
        this.#isWriter = false;
        this.#reset();
        this.#become('failing', String(error?.message ?? error));
        const delay = Math.min(BOUNDS.retryLast, BOUNDS.retryFirst * 2 ** Math.min(this.#attempt, 10));
        this.#attempt += 1;
        this.#timers.clearTimeout(this.#retryTimer);
        this.#retryTimer = this.#timers.setTimeout(() => {
          this.#epoch = null; // what is stored may be another thing now
          if (this.#changesSince) this.#inTurn(() => this.#takeOver());
        }, delay);
      }
      this.#settle();
    }

    /** Resolves when the log is kept, or it is known why it is not. */
    settled() {
      return new Promise((resolve) => {
        this.#waiters.push(resolve);
        this.#inTurn(() => this.#settle());
      });
    }

    #settle() {
      for (const resolve of this.#waiters.splice(0)) resolve();
    }

    #reset() {
      const database = this.#database;
      this.#database = null;
      try { database?.close(); } catch { /* it is gone */ }
    }

    // ---- IndexedDB

    #within(what, ask) {
      return new Promise((resolve, reject) => {
        const timer = this.#timers.setTimeout(() => {
          reject(new Error(`${what} did not answer in ${BOUNDS.storageWait} ms`));
        }, BOUNDS.storageWait);
        const end = (settle) => (value) => { this.#timers.clearTimeout(timer); settle(value); };
        new Promise((answer) => answer(ask())).then(end(resolve), end(reject));
      });
    }

    #open() {
      if (this.#database) return Promise.resolve(this.#database);
      return new Promise((resolve, reject) => {
        const factory = this.#options.indexedDB ?? globalThis.indexedDB;
        if (!factory) throw new Error('there is no IndexedDB');
        const request = factory.open(`${this.#options.name}:log`, FORMAT);
        request.onupgradeneeded = () => {
          request.result.createObjectStore('groups');
          request.result.createObjectStore('about');
        };
        request.onerror = () => reject(request.error ?? new Error('the storage does not open'));
        request.onblocked = () => reject(new Error('the storage is in use by an older page'));
        request.onsuccess = () => {
          const database = request.result;
          if (this.#database || this.#isClosed) { database.close(); reject(new Error('opened twice')); return; }
          this.#database = database;
          const gone = () => { if (this.#database === database) this.#database = null; };
          database.onclose = gone;
          database.onversionchange = () => { database.close(); gone(); };
          resolve(database);
        };
      });
    }

    /** Runs `body(state, groups, about)` in a transaction; its result is a function, called when that is complete. */
    #transact(mode, body) {
      const use = async () => {
        const database = await this.#open();
        return new Promise((resolve, reject) => {
          const transaction = database.transaction(['groups', 'about'], mode);
          let result;
          let failure = null;
          transaction.oncomplete = () => { try { resolve(result()); } catch (error) { reject(error); } };
          transaction.onerror = () => {};
          transaction.onabort = () => reject(failure ?? transaction.error ?? new Error('not stored'));
          const about = transaction.objectStore('about');
          const state = about.get('state');
          state.onsuccess = () => {
            try {
              result = body(state.result, transaction.objectStore('groups'), about);
            } catch (error) {
              failure = error;
              transaction.abort(); // half of it is not to be kept
            }
          };
        });
      };
      return this.#within('the storage', use);
    }

    /** Changes the stored log, if this tab is still the one that writes. Returns the next number there was before. */
    async #change(body) {
      let epoch;
      const before = await this.#transact('readwrite', (state, groups, about) => {
        const good = this.#check(state);
        if (!good) throw new Error('the browser emptied it');
        if (good.writer !== this.id) throw new Superseded('another tab writes');
        const changed = body(state, groups, about);
        ({ epoch } = changed);
        about.put(changed, 'state');
        return () => state.next;
      });
      this.#epoch = epoch;
      return before;
    }
  }

  /**
   * Options: `name` (the database is `name:log`), `isOwn(source)` (whether that source is of this browser, for the same
   * source always the same), `limit` (length of all lines, `BOUNDS.log`), `report(kind, text)`; for tests `indexedDB`,
   * `timers`, `fill`, `estimate` (as of navigator.storage).
   */
  const open = (options = {}) => new LogStorage(options);

  return { open, BOUNDS, FORMAT };
});
