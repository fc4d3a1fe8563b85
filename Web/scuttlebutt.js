// SPDX-License-Identifier: MIT
//
// A scuttlebutt peer for the browser: your reducer, everyone's actions, one order.
//
//   <script src="/scuttlebutt.js"></script>            classic script; defines the global `Scuttlebutt`
//   const peer = await Scuttlebutt.open({ reducer: (state = 0, action) => state + 1 })
//   peer.subscribe(() => render(peer.getState()))
//   peer.dispatch({ type: 'INCREMENT' })
//
// In node: `require('./scuttlebutt.js')` gives the same object. Nothing is done at load time, and everything
// outside (WebSocket, storage, timers, random numbers, fetch, locks) can be handed in as an option.
//
// How it works. Every action carries a stamp (timestamp, source). A peer's own timestamp is one more than the
// highest it has seen, so an answer sorts after what it answers. All peers fold the same order with the same
// reducer; an action that arrives late is put in its place and what comes after it is reduced again.
// Over `/ws` two peers exchange headers (which timestamps they have seen of whom), then what the other lacks,
// then "SYNC", then live updates. "PING" asks whether the other side has what it was sent, and is answered by
// "PONG". The page asks first of all: who says "SYNC" without having answered is a peer of the old kind, and who
// says neither is dead. Own actions are saved before they are sent, so a reload or a crash neither loses one nor
// stamps two actions alike. Invariant: state == actions in order of stamp, reduced from the start.
//
// Over 600 lines because it is the whole peer: a page takes this one file, without a build step or a second one.
(function (root, make) {
  const api = make();
  if (typeof module === 'object' && module.exports) module.exports = api;
  else root.Scuttlebutt = api;
})(typeof globalThis === 'object' ? globalThis : this, function () {
  'use strict';

  // ---------------------------------------------------------------------------------------------- bounds

  /** Every bound has a name; beyond it the rule in the comment applies. */
  const BOUNDS = {
    maximumTimestamp: Number.MAX_SAFE_INTEGER, // a larger stamp is refused
    clockCeiling: 2 ** 52, // a larger stamp is applied but does not raise our clock
    maximumLine: 10_485_760, // bytes; a longer line ends the connection, an own action longer in any form is refused
    suspicion: 2, // links in a row that broke with updates under way; then these are sent one by one
    blame: 3, // of those, how many broke at one update until it is set aside
    maximumDepth: 256, // nesting of an update; a deeper one is refused
    maximumSources: 65_536, // entries of a header; more end the connection
    maximumSource: 1_024, // UTF-16 units of a source id; a longer one is refused
    batch: 20_000, // updates of a history held back until SYNC; then they are applied
    historyPause: 1_000, // ms without a line after which a held history is applied although SYNC did not come
    buffered: 1_048_576, // bytes waiting in the socket; above it we wait before handing it more
    slice: 12, // ms of reducing or sending at a time; then the page may draw and hear its user
    frozen: 1_000, // members of a state that are looked at, in development, after each action
    snapshotSpacing: 32, // actions between snapshots at the end of the history
    connectTimeout: 10_000, // ms for one connection attempt
    backOffFirst: 500, // ms before the second attempt, doubling
    backOffLast: 15_000, // ms, the longest wait
    usefulAfter: 1_000, // ms after SYNC from which on the loss of a connection is no failure to connect
    probeAfter: 20_000, // ms of silence after which the other side is probed, and then as long for its answer
    freshProbe: 1_000, // ms after a probe within which waking up sends no other
    probes: 4, // unanswered probes at a time: one, and those of waking up
    objection: 2_000, // ms in which a server that answers no probes may object to an update by closing
    answers: 100, // answers to probes that wait to be sent; more end the connection
    lateTimer: 5_000, // ms by which a timer comes late when the page slept or is slowed down
    statisticsPeriod: 5_000, // ms between questions how many peers there are
    statisticsTimeout: 5_000, // ms for an answer
    headerWait: 1_000, // ms that `open` waits in a page for the server's header, while the first dial is being made
    startWait: 2_000, // ms that a page that starts waits for its storage, and then goes on without
    storageWait: 5_000, // ms for one use of the storage later on; one that takes longer has failed
    lockWait: 1_000, // ms for an answer about a Web Lock; then the source is a fresh one
    unsavedWait: 2_000, // ms after a failure in which own actions wait to be saved before they are sent
    openRequests: 8, // unanswered attempts to open the storage at a time
    retireAfter: 5_000, // stored actions of one source; then it is not adopted again, and dropped once delivered
    reports: 100, // remembered reports of refused input
  };

  // ------------------------------------------------------------------------------------------------ waiting

  const defaultTimers = {
    setTimeout: (body, delay) => globalThis.setTimeout(body, delay),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
  };

  /** Runs `body` in a task of its own, soon: unlike a timer this is not slowed down in a page that is not visible. */
  function nextTask(body) {
    if (typeof setImmediate === 'function') { setImmediate(body); return; }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); body(); };
    port2.postMessage(null);
  }

  /**
   * What `ask` gives, or a failure when it throws, rejects, or does not answer in `limit` ms. Nothing of the
   * browser is awaited without it: storage and locks have been seen to do each of the three.
   */
  function within(limit, timers, what, ask) {
    return new Promise((resolve, reject) => {
      // After sleep the timer may come before an answer that is there already.
      const giveUp = () => reject(new Error(`${what} did not answer in ${limit} ms`));
      const timer = timers.setTimeout(() => nextTask(giveUp), limit);
      const end = (settle) => (value) => { timers.clearTimeout(timer); settle(value); };
      new Promise((answer) => answer(ask())).then(end(resolve), end(reject));
    });
  }

  /** What `read` gives, or undefined where the browser denies the very access. */
  function allowed(read) {
    try { return read() ?? undefined; } catch { return undefined; }
  }

  // ------------------------------------------------------------------------------- stamps and the wire form

  /**
   * Order of stamps: timestamp, then source by UTF-16 code units (what `<` does), then place of local actions.
   * The first two repeat `Stamp.<` in Sources/Scuttlebutt/Order/Stamp.swift.
   */
  function compareEntries(a, b) {
    if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
    if (a.source !== b.source) return a.source < b.source ? -1 : 1;
    return (a.place ?? 0) - (b.place ?? 0);
  }

  const hasOwn = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

  /** Whether `text` holds half a surrogate pair, which UTF-8 cannot carry. */
  function hasLoneSurrogate(text) {
    for (const character of text) {
      const code = character.codePointAt(0);
      if (code >= 0xd800 && code <= 0xdfff) return true;
    }
    return false;
  }

  const byteLength = (text) => new TextEncoder().encode(text).length;

  /** Whether `text` has more than `limit` bytes. Counted only if it may. */
  const isLonger = (text, limit) => text.length > limit || (text.length * 3 > limit && byteLength(text) > limit);

  /**
   * The longest form in which a line may travel: as an item of Primus, which is the line with its line feed, encoded
   * once more. What one of our links accepts, every link can carry.
   */
  const longestForm = (line) => JSON.stringify(`${line}\n`).replace(/[\u2028\u2029]/g, '\\u2028');

  /** Whether `value` nests at most `limit` deep. Iterative, so that no input exhausts the stack. */
  function isWithinDepth(value, limit) {
    let level = [value];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth >= limit) return false;
      const next = [];
      for (const item of level) {
        if (typeof item !== 'object' || item === null) continue;
        for (const key of Object.keys(item)) {
          const child = item[key];
          if (typeof child === 'object' && child !== null) next.push(child);
        }
      }
      level = next;
    }
    return true;
  }

  /** Why `source` cannot name a peer, or null. */
  function sourceFault(source) {
    if (typeof source !== 'string') return 'the source is not a string';
    if (source.length > BOUNDS.maximumSource) return 'the source is too long';
    if (source in Object.prototype) return 'the source is a name of Object.prototype';
    if (hasLoneSurrogate(source)) return 'the source has an unpaired surrogate';
    return null;
  }

  /** Why `action` cannot be replicated, or null. */
  function actionFault(action) {
    if (!isObject(action)) return 'the action is not an object';
    if (!hasOwn(action, 'type') || typeof action.type !== 'string' || action.type === '') {
      return 'the type is not a non-empty string';
    }
    if (hasOwn(action, 'meta') && !isObject(action.meta)) return 'the meta is not an object';
    return null;
  }

  /**
   * Why the array `update` must be refused, or null. `isKnown` says that its source has passed before, `line` is its
   * text, which cannot nest deeper than it is long.
   */
  function updateFault(update, isKnown = false, line = undefined) {
    if (update.length < 3) return 'the update has fewer than three elements';
    const [action, timestamp, source] = update;
    if (typeof timestamp !== 'number') return 'the timestamp is not a number';
    if (!(timestamp > 0 && timestamp <= BOUNDS.maximumTimestamp)) return 'the timestamp is out of range';
    const fault = (isKnown ? null : sourceFault(source)) ?? actionFault(action);
    if (fault) return fault;
    const isShort = line !== undefined && line.length < BOUNDS.maximumDepth;
    if (!isShort && !isWithinDepth(update, BOUNDS.maximumDepth)) return 'the update nests too deep';
    return null;
  }

  /** Whether two JSON values mean the same: the order of keys does not matter. */
  function sameValue(a, b) {
    if (a === b) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    return keys.every((key) => hasOwn(b, key) && sameValue(a[key], b[key]));
  }

  /** Whether two actions mean the same: JavaScript relays add an empty `meta` and move it to the front. */
  function sameAction(a, b) {
    const bare = (action) => {
      if (!hasOwn(action, 'meta') || Object.keys(action.meta).length > 0) return action;
      const copy = { ...action };
      delete copy.meta;
      return copy;
    };
    return sameValue(bare(a), bare(b));
  }

  /** The header line: own id first, then the other sources in order. */
  function headerLine(id, clock) {
    const others = [...clock.keys()].filter((source) => source !== id).sort();
    const entries = [id, ...others].map((source) => `${JSON.stringify(source)}:${clock.get(source) ?? 0}`);
    return `{"id":${JSON.stringify(id)},"start":0,"clock":{${entries.join(',')}}}`;
  }

  /** The clock of a received header as a map, or null when the header has none or too many entries. */
  function headerClock(header) {
    if (!header.clock) return null;
    const clock = new Map();
    if (!isObject(header.clock)) return clock; // any truthy clock means "know nothing"
    const sources = Object.keys(header.clock);
    if (sources.length > BOUNDS.maximumSources) return null;
    for (const source of sources) {
      const timestamp = header.clock[source];
      if (typeof timestamp === 'number' && timestamp > 0) clock.set(source, timestamp);
    }
    return clock;
  }

  /** A fresh id: 39 upper-case hexadecimal digits from a cryptographic source. */
  function freshSource(fill) {
    const bytes = new Uint8Array(20);
    (fill ?? ((array) => globalThis.crypto.getRandomValues(array)))(bytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 39).toUpperCase();
  }

  // ------------------------------------------------------------------------------------------- the history

  /**
   * Freezes plain objects and arrays in depth, and returns `value`. What is frozen already is not looked into again,
   * so that an action costs what is new; larger ones than `BOUNDS.frozen` are left alone.
   */
  function freeze(value) {
    const waiting = [value];
    for (let count = 0; waiting.length > 0 && count < BOUNDS.frozen; count++) {
      const item = waiting.pop();
      if (typeof item !== 'object' || item === null || Object.isFrozen(item)) continue;
      const prototype = Object.getPrototypeOf(item);
      if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) continue;
      if (Array.isArray(item) && item.length > BOUNDS.frozen) continue;
      const members = Object.values(Object.getOwnPropertyDescriptors(item));
      if (members.length > BOUNDS.frozen) continue;
      for (const member of members) if ('value' in member) waiting.push(member.value); // no getter is called
      Object.freeze(item);
    }
    return value;
  }

  /**
   * Actions in order of stamp and the state they reduce to. Snapshots are few: their distance grows with their
   * distance from the end, so there are logarithmically many, and an action that arrives d late costs at most
   * about 2d + 64 calls of the reducer. A reducer that throws makes that action a no-op, here as everywhere.
   *
   * A long history can be reduced in slices: `merge` puts entries in their places, `advance` reduces, and `state`
   * is the state of before until all is done. Invariant: `working` is the reduction of the first `count` entries.
   * In development (`isStrict`) state and actions are frozen, so that a reducer which changes them is found.
   */
  class History {
    constructor(reducer, initialState, report = () => {}, isStrict = false) {
      this.entries = [];
      this.report = report;
      this.isStrict = isStrict;
      this.initialState = initialState;
      this.reducing = false;
      this.places = 0;
      this.calls = 0; // of the reducer, for tests
      this.start(reducer);
    }

    start(reducer) {
      this.reducer = reducer;
      const initial = this.reduce(this.initialState, { type: '@@scuttlebutt/INIT' }, { timestamp: null, source: null });
      this.snapshots = [{ count: 0, state: initial }];
      this.count = 0;
      this.state = this.working = initial;
    }

    /** Replaces the reducer and reduces everything again from the start. */
    replaceReducer(reducer) {
      this.start(reducer);
      this.advance();
    }

    reduce(state, action, meta) {
      this.reducing = true;
      this.calls += 1;
      try {
        if (!this.isStrict) return this.reducer(state, action, meta);
        freeze(action);
        return freeze(this.reducer(state, action, meta));
      } catch (error) {
        const isHinted = this.isStrict && error instanceof TypeError;
        const words = `${error}${isHinted ? ' (in development state and actions are frozen)' : ''}`;
        this.report('reducer', `the reducer failed for ${action.type} ${meta.timestamp}@${meta.source}: ${words}`);
        return state;
      } finally {
        this.reducing = false;
      }
    }

    /** Position of the first entry that is not before `entry`. */
    position(entry) {
      let low = 0;
      let high = this.entries.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compareEntries(this.entries[middle], entry) < 0) low = middle + 1;
        else high = middle;
      }
      return low;
    }

    /** The entry of that stamp, or undefined. */
    find(timestamp, source) {
      const entry = this.entries[this.position({ timestamp, source })];
      return entry && entry.timestamp === timestamp && entry.source === source && !entry.place ? entry : undefined;
    }

    /** Whether `entry` would be the last. */
    isNewest(entry) {
      const last = this.entries[this.entries.length - 1];
      return last === undefined || compareEntries(last, entry) < 0;
    }

    /** Puts a batch of entries in their places: one rewind and one replay. */
    insert(batch) {
      this.merge(batch);
      this.advance();
    }

    /** Puts a batch of entries in their places, and reduces nothing yet. */
    merge(batch) {
      if (batch.length === 0) return;
      const isSorted = batch.every((entry, index) => index === 0 || compareEntries(batch[index - 1], entry) < 0);
      const added = isSorted ? batch : [...batch].sort(compareEntries);
      if (this.isNewest(added[0])) {
        for (const entry of added) this.entries.push(entry);
        return;
      }
      const from = this.position(added[0]);
      const tail = this.entries.splice(from);
      let next = 0;
      for (const entry of added) {
        while (next < tail.length && compareEntries(tail[next], entry) < 0) this.entries.push(tail[next++]);
        this.entries.push(entry);
      }
      while (next < tail.length) this.entries.push(tail[next++]);
      this.rewind(from);
    }

    /**
     * Appends an action that stays here. It is anchored after the stamp that is newest now, and keeps that place
     * when earlier actions arrive later (G8).
     */
    insertLocal(action) {
      const entry = this.makeLocal(action);
      this.insert([entry]);
      return entry;
    }

    makeLocal(action) {
      const last = this.entries[this.entries.length - 1];
      this.places += 1;
      return { action, timestamp: last?.timestamp ?? 0, source: last?.source ?? '', place: this.places };
    }

    /** Shows an entry on top of the state of before while its place is not reached yet. */
    preview(entry) {
      this.state = this.reduceEntry(this.state, entry);
    }

    /** Takes an entry out, as if it had never been; `advance` reduces what follows. */
    remove(entry) {
      const at = this.position(entry);
      if (this.entries[at] !== entry) return;
      this.entries.splice(at, 1);
      this.rewind(at);
    }

    /** Goes back to the nearest snapshot at or before `count` actions, if more are reduced. */
    rewind(count) {
      if (count >= this.count) return;
      while (this.snapshots[this.snapshots.length - 1].count > count) this.snapshots.pop();
      const snapshot = this.snapshots[this.snapshots.length - 1];
      this.working = snapshot.state;
      this.count = snapshot.count;
    }

    reduceEntry(state, { action, timestamp, source, place }) {
      return this.reduce(state, action, place ? { timestamp: null, source: null } : { timestamp, source });
    }

    /** Reduces until `isOver()`, by default to the end. Returns whether all is done, and `state` is new. */
    advance(isOver = () => false) {
      const end = this.entries.length;
      while (this.count < end) {
        this.working = this.reduceEntry(this.working, this.entries[this.count]);
        this.count += 1;
        const newest = this.snapshots[this.snapshots.length - 1].count;
        const gap = this.count - newest;
        // During a long replay snapshots are placed as thinning would leave them, not thirty-two apart.
        if (gap >= BOUNDS.snapshotSpacing && gap >= end - this.count) {
          this.snapshots.push({ count: this.count, state: this.working });
          this.thin(this.count);
        }
        if (this.count < end && isOver()) return false;
      }
      this.state = this.working;
      return true;
    }

    /** Drops a snapshot when its neighbours are closer to each other than the later one is to the end. */
    thin(end) {
      for (let index = this.snapshots.length - 3; index > 0; index--) {
        const before = this.snapshots[index - 1].count;
        const after = this.snapshots[index + 1].count;
        if (after - before <= end - after) this.snapshots.splice(index, 1);
      }
    }
  }

  // ------------------------------------------------------------------------------------------- the storage

  // A storage keeps own actions: `load()` → [{source, timestamp, line}], `save(records)` resolves when they are
  // durable, `remove(source)` forgets a source. Several tabs may use one at a time. Each may fail, or not answer,
  // at any time; the peer goes on and comes back. Optional: `reset()` forgets a connection that failed, and the
  // peer sets `onlost`, to be called when the browser takes the storage away or has emptied it.
  //
  // The record with the timestamp 0 is not an action but says how its source was left. While a page writes as
  // the source it is open; only a page that ends with everything saved closes it. So an open one, whose page
  // may have sent what is not stored, is passed on but never written as again.

  const sourceRecord = (source, isOpen, confirmed) => (
    { source, timestamp: 0, line: JSON.stringify({ open: isOpen, confirmed }) }
  );

  /** What the record with the timestamp 0 says of `source`; without one the source is closed. */
  function sourceState(records, source) {
    const record = records.find((one) => one.source === source && one.timestamp === 0);
    const state = record ? allowed(() => JSON.parse(record.line)) : undefined;
    return {
      isOpen: record !== undefined && state?.open !== false,
      confirmed: typeof state?.confirmed === 'number' ? state.confirmed : 0,
    };
  }

  /** Keeps own actions for as long as the page lives: for tests. */
  class MemoryStorage {
    constructor() {
      this.records = new Map();
      this.isDurable = false;
    }

    async load() {
      return [...this.records.values()];
    }

    async save(records) {
      for (const record of records) this.records.set(JSON.stringify([record.source, record.timestamp]), record);
    }

    async remove(source) {
      for (const [key, record] of this.records) if (record.source === source) this.records.delete(key);
    }
  }

  /** Keeps own actions in IndexedDB, flushed to disk before a save is called done. */
  class IndexedDBStorage {
    constructor(name, indexedDB) {
      this.name = name;
      this.indexedDB = indexedDB; // undefined: the browser's, looked up each time, since access may be denied
      this.isDurable = true;
      this.database = null;
      this.hasOpened = false;
      this.requests = 0; // to open it, not answered yet
      this.waiting = []; // for whichever of them is answered first
    }

    open() {
      if (this.database) return Promise.resolve(this.database);
      return new Promise((resolve, reject) => {
        this.waiting.push({ resolve, reject });
        const noAnswer = () => new Error('the storage does not open');
        if (this.waiting.length > BOUNDS.openRequests) this.waiting.shift().reject(noAnswer());
        // Each attempt asks anew, because a browser has been seen to forget the first request of a page.
        if (this.requests >= BOUNDS.openRequests) return;
        this.requests += 1;
        let isOver = false;
        const failed = (error) => {
          if (!isOver) this.requests -= 1;
          isOver = true;
          for (const waiter of this.waiting.splice(0)) waiter.reject(error ?? noAnswer());
        };
        try {
          const factory = this.indexedDB ?? globalThis.indexedDB;
          if (!factory) throw new Error('there is no IndexedDB');
          const request = factory.open(this.name, 1);
          let isNew = false;
          request.onupgradeneeded = () => { isNew = true; request.result.createObjectStore('updates'); };
          request.onerror = () => failed(request.error);
          request.onblocked = () => {
            const error = new Error('the storage is in use by an older page');
            for (const waiter of this.waiting.splice(0)) waiter.reject(error);
          };
          request.onsuccess = () => {
            if (!isOver) this.requests -= 1;
            isOver = true;
            this.#opened(request.result);
            // Deleted while this page lives, perhaps without a word: what was saved in it is gone.
            if (isNew && this.hasOpened) this.onlost?.('the browser emptied it');
            this.hasOpened = true;
          };
        } catch (error) {
          failed(error);
        }
      });
    }

    #opened(database) {
      if (this.database) { database.close(); return; } // another request was answered first
      this.database = database;
      const gone = () => {
        if (this.database !== database) return;
        this.database = null;
        this.onlost?.();
      };
      database.onclose = gone;
      database.onversionchange = () => { database.close(); gone(); };
      for (const waiter of this.waiting.splice(0)) waiter.resolve(database);
    }

    /** Forgets the connection, so that the next use opens another. */
    reset() {
      const database = this.database;
      this.database = null;
      if (database) allowed(() => database.close());
    }

    async perform(mode, body) {
      const database = await this.open();
      try {
        return await this.#transact(database, mode, body);
      } catch (error) {
        if (this.database === database) this.reset();
        // A connection that did not outlive the machine's sleep says so only when it is used.
        if (error?.name !== 'InvalidStateError') throw error;
        return this.#transact(await this.open(), mode, body);
      }
    }

    #transact(database, mode, body) {
      return new Promise((resolve, reject) => {
        const transaction = database.transaction('updates', mode, { durability: 'strict' });
        let result;
        transaction.oncomplete = () => { try { resolve(result()); } catch (error) { reject(error); } };
        transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('not saved'));
        try {
          result = body(transaction.objectStore('updates'));
        } catch (error) {
          allowed(() => transaction.abort()); // half of it is not to be kept
          throw error;
        }
        transaction.commit?.(); // at once, so that a page that is just leaving still saves
      });
    }

    load() {
      return this.perform('readonly', (store) => {
        const keys = store.getAllKeys();
        const lines = store.getAll();
        return () => keys.result.map(([source, timestamp], index) => ({ source, timestamp, line: lines.result[index] }));
      });
    }

    save(records) {
      return this.perform('readwrite', (store) => {
        for (const { source, timestamp, line } of records) store.put(line, [source, timestamp]);
        return () => undefined;
      });
    }

    remove(source) {
      return this.perform('readwrite', (store) => {
        // An array sorts after every number, so this range is all timestamps of the source.
        store.delete(globalThis.IDBKeyRange.bound([source], [source, []]));
        return () => undefined;
      });
    }
  }

  // ------------------------------------------------------------------------------------- one source per tab

  /**
   * Finds the source of this tab. Two tabs that live at the same time never share one.
   *
   * The id stands in sessionStorage only while no page of the tab is alive: a page takes it out, and puts it back
   * when it goes. So a reload keeps the id, and a duplicated tab, which copies sessionStorage, finds none. Where
   * Web Locks exist (https and localhost) a lock guards the id as well, and a new tab adopts the source of
   * a closed one, which keeps clocks short. `stored` null says that the storage cannot be read: then, and when
   * locks fail or do not answer, the source is a fresh one, which is always sound. Returns the id and a function
   * that gives it up: `release(isClean, last)` with the newest own timestamp. If it is not clean, the next page
   * does not write as this source.
   */
  async function claimSource({ name, stored, session, locks, fill, timers = defaultTimers }) {
    const key = `${name}:source`;
    const lockName = (source) => `${name}:${source}`;
    let candidates = [];
    try {
      const own = session?.getItem(key);
      // Not if the browser has taken away what was written as it.
      const last = Number(session?.getItem(`${key}:last`) ?? 0);
      const isComplete = last === 0 || stored?.some(({ source, timestamp }) => source === own && timestamp >= last);
      session?.removeItem(key);
      if (own && stored && isComplete) candidates.push(own); // only once no duplicate of this tab can find it
    } catch {
      session = undefined; // storage forbidden: a fresh id per page is sound too
    }
    const counts = new Map();
    for (const { source } of stored ?? []) counts.set(source, (counts.get(source) ?? 0) + 1);
    if (locks && stored) candidates.push(...[...counts.keys()].filter((source) => !sourceState(stored, source).isOpen));
    candidates = candidates.filter((source) => (counts.get(source) ?? 0) < BOUNDS.retireAfter && !sourceFault(source));
    const fresh = freshSource(fill);
    for (const source of [...candidates, fresh]) {
      const lock = locks ? await holdLock(locks, lockName(source), timers) : { isHeld: true, letGo: () => {} };
      if (source !== fresh && !lock.isHeld) {
        lock.letGo();
        if (!lock.isAnswered) locks = undefined; // not asked again; the locks may come back for the next page
        if (locks) continue;
        return { source: fresh, release: releaseOf(session, key, fresh, () => {}) };
      }
      if (lock.isAnswered && !lock.isHeld) throw new Error('no source could be claimed');
      return { source, release: releaseOf(session, key, source, lock.letGo) };
    }
    throw new Error('no source could be claimed');
  }

  function releaseOf(session, key, source, letGo) {
    return (isClean = true, last = 0) => {
      if (isClean) { // else the next page takes another id
        allowed(() => {
          session?.setItem(`${key}:last`, String(last));
          session?.setItem(key, source);
        });
      }
      letGo();
    };
  }

  /**
   * Asks for a Web Lock: `isHeld`, `isAnswered` (false when the browser failed or took too long), and `letGo`,
   * which gives it up, also when it comes only later.
   */
  async function holdLock(locks, name, timers) {
    let letGo;
    const released = new Promise((resolve) => { letGo = resolve; });
    try {
      const isHeld = await within(BOUNDS.lockWait, timers, 'the lock', () => new Promise((resolve, reject) => {
        locks.request(name, { ifAvailable: true }, (lock) => {
          resolve(Boolean(lock));
          return lock ? released : undefined;
        }).catch(reject);
      }));
      return { isHeld, isAnswered: true, letGo };
    } catch {
      return { isHeld: false, isAnswered: false, letGo };
    }
  }

  /** Which of `sources` belong to no tab that is alive. Where locks do not answer nobody can tell: all of them. */
  async function abandoned(sources, name, locks, timers) {
    try {
      if (!locks?.query || sources.length === 0) return sources;
      const answer = await within(BOUNDS.lockWait, timers, 'the list of locks', () => locks.query());
      const held = new Set(answer.held.map((lock) => lock.name));
      return sources.filter((source) => !held.has(`${name}:${source}`));
    } catch {
      return sources; // passed on by two tabs, which is harmless
    }
  }

  // ---------------------------------------------------------------------------------------------- the peer

  class Peer {
    #options; #storage; #timers; #random; #subscribers = new Set(); #statusSubscribers = new Set();
    #headerWaiters = []; #clock = new Map(); #last = 0; #highest = 0; #own = []; #confirmed = 0; #now; #probeAfter; #dialledAt = null;
    #held = []; #heldOwn = new Set(); #heldTimer = null; #heardSince = false; #isReplaying = false; #isSliceDue = false;
    #nextTask;
    #history; #unsaved = []; #unsavedConfirmed = 0; #saving = false; #saveWaiters = [];
    #isStorageFailing = false; #isGoingOn = false; #storageAttempt = 0; #storageTimer = null; #patienceTimer = null;
    #savedState = null; #serverLimit = Infinity; #aside = []; #withheld = new Map(); #tooLong = []; #suspicion = 0;
    #session = null; #attempt = 0; #retryTimer = null; #wanted = false; #closed = false;
    #syncWaiters = []; #statistics = null; #statisticsTimer = null; #statisticsFailures = 0; #stopListening = () => {};
    #isHidden = () => false;

    /**
     * Makes a peer that is not connected. Most callers want `Scuttlebutt.open`, which also finds the storage and
     * the source. Options: `reducer(state, action, {timestamp, source})`, `initialState`, `source`, `storage`,
     * `stored` (what `storage.load()` gave), `storageFault` (why it gave nothing), `url` of the server's `/ws`,
     * `statisticsUrl` (or null), `probeAfter` (ms of silence until the server is probed), `WebSocket`, `fetch`,
     * `timers` ({setTimeout, clearTimeout}), `now` (ms), `random` (0 ≤ x < 1), `nextTask(body)`, `locks`, `name`,
     * `development` (state and actions are frozen), `report(kind, text)`.
     */
    constructor(options) {
      this.#options = { name: 'scuttlebutt', url: null, statisticsUrl: null, ...options };
      const fault = sourceFault(this.#options.source);
      if (fault) throw new TypeError(fault);
      this.source = this.#options.source;
      this.reports = [];
      this.#storage = this.#options.storage ?? new MemoryStorage();
      this.#storage.onlost = (reason = 'the browser closed it') => {
        // Whoever comes back looks at all of it anyway.
        if (!this.#isStorageFailing) this.#storageFailed(new Error(reason));
      };
      this.#timers = this.#options.timers ?? defaultTimers;
      this.#random = this.#options.random ?? Math.random;
      this.#now = this.#options.now ?? Date.now;
      this.#nextTask = this.#options.nextTask ?? nextTask;
      this.#probeAfter = this.#options.probeAfter ?? BOUNDS.probeAfter;
      const { reducer, initialState, development } = this.#options;
      this.#history = new History(reducer, initialState, (kind, text) => this.#report(kind, text), development);
      this.#restore(this.#options.stored ?? []);
      this.#confirmed = sourceState(this.#options.stored ?? [], this.source).confirmed;
      if (this.#options.storageFault) {
        this.#isGoingOn = true; // the source is a fresh one, so that nothing has to wait
        this.#storageFailed(this.#options.storageFault);
      }
    }

    // ---- reading

    /** The state: all known actions in order, reduced. While a long history is being reduced, the one before it. */
    getState() {
      return this.#history.state;
    }

    /** `[[action, timestamp, source], …]` in agreed order; local-only actions are in no history. */
    history() {
      return this.#history.entries.filter((entry) => !entry.place)
        .map((entry) => [entry.action, entry.timestamp, entry.source]);
    }

    /** The highest timestamp seen of each source. */
    clock() {
      return Object.fromEntries(this.#clock);
    }

    /** Calls `listener` after each change of state, once per batch. Returns a function that ends it. */
    subscribe(listener) {
      return subscribeTo(this.#subscribers, listener);
    }

    /** Calls `listener` with `status()` when that may have changed. Returns a function that ends it. */
    subscribeStatus(listener) {
      return subscribeTo(this.#statusSubscribers, listener);
    }

    /**
     * What a sync badge shows: `phase` ('offline', 'connecting', 'catching-up', 'sending', 'in-sync'), `attempt`,
     * `received` and `expected` actions (null when unknown), `peers` (null when unknown), `pending` (own actions
     * that are not yet saved, sent, and confirmed by the server), `setAside` (how many, see `setAside()`), `actions`,
     * `isDurable` (whether own actions are kept when the page goes, as far as the storage answered when it was last
     * used), and all of it as `text`.
     */
    status() {
      const session = this.#session;
      const received = this.#history.entries.length - this.#history.places + this.#held.length;
      const expected = this.#statistics?.actions ?? null;
      const peers = this.#statistics?.connected ?? null;
      const pending = this.#pending();
      let phase = 'offline';
      if (session?.isOpen) phase = this.#phase(session, pending);
      else if (this.#wanted) phase = 'connecting';
      const waiting = pending > 0 ? ` · ${pending} to send` : '';
      const isKept = this.#storage.isDurable !== false && !this.#isStorageFailing;
      const aside = this.#aside.length > 0 ? ` · ${this.#aside.length} set aside` : '';
      const kept = this.#isStorageFailing ? ' · not kept' : '';
      const refused = this.#withheld.size > 0 ? ' · not all is taken' : '';
      const text = {
        'offline': () => `offline${waiting}`,
        'connecting': () => `offline · connecting (attempt ${this.#attempt})${waiting}`,
        'catching-up': () => `catching up ${received}${expected !== null && expected >= received ? ` of ${expected}` : ''}`,
        'sending': () => `sending${pending > 0 ? ` ${pending}` : ''}${refused}`,
        'in-sync': () => (peers === null ? 'in sync' : `in sync with ${peers} ${peers === 1 ? 'peer' : 'peers'}`),
      }[phase]() + aside + kept;
      return {
        phase, attempt: this.#attempt, received, expected, peers, pending, text, actions: received, isDurable: isKept,
        setAside: this.#aside.length,
      };
    }

    /** Own actions that are not saved (where there is storage), sent, and confirmed. */
    #pending() {
      const unconfirmed = this.#own.length - lowerBound(this.#own, this.#confirmed + 1);
      return unconfirmed + (this.#isStorageFailing ? 0 : this.#unsavedConfirmed);
    }

    /** Whether it counts as pending only because it is not saved. */
    #isOnlyUnsaved({ source, timestamp }) {
      return source === this.source && timestamp <= this.#confirmed;
    }

    #queue(entry) {
      this.#unsaved.push(entry);
      if (this.#isOnlyUnsaved(entry)) this.#unsavedConfirmed += 1;
    }

    /** Changes what waits to be saved, or what is confirmed. Not for every dispatch: it counts anew. */
    #recount({ unsaved = this.#unsaved, confirmed = this.#confirmed }) {
      this.#unsaved = unsaved;
      this.#confirmed = confirmed;
      this.#unsavedConfirmed = unsaved.reduce((count, entry) => count + this.#isOnlyUnsaved(entry), 0);
    }

    /** In sync means: this peer has what the server has, and the other way round, as far as the server said. */
    #phase(session, pending) {
      if (!session.hasReceivedSync || !session.hasSentSync || this.#isReplaying) return 'catching-up';
      const isConfirmed = session.confirmed === session.sent && session.next >= session.outbox.length;
      return pending === 0 && isConfirmed && this.#withheld.size === 0 ? 'in-sync' : 'sending';
    }

    // ---- writing

    /**
     * Applies an action here, saves it, then sends it to everyone. A type that begins with `@` stays local.
     * Returns `{action, timestamp, source}` (both null for a local one); throws TypeError and changes nothing
     * when the action is no object with a non-empty string `type`, cannot be encoded, or is longer than
     * `BOUNDS.maximumLine` in any form in which it may travel, or than what the server is known to refuse.
     */
    dispatch(action) {
      if (this.#closed) throw new Error('the peer is closed');
      if (this.#history.reducing) throw new Error(`a reducer may not dispatch ${action?.type}`);
      const text = JSON.stringify(action);
      const copy = text === undefined ? undefined : JSON.parse(text); // what everyone else will see
      const fault = actionFault(copy);
      if (fault) throw new TypeError(fault);
      if (copy.type.startsWith('@')) {
        this.#take(this.#history.makeLocal(copy));
        this.#notify();
        return { action: copy, timestamp: null, source: null };
      }
      const timestamp = Math.floor(Math.max(this.#last, this.#highest)) + 1;
      if (timestamp > BOUNDS.maximumTimestamp) throw new RangeError('this source has used up its timestamps');
      const line = `[${text},${timestamp},${JSON.stringify(this.source)}]`;
      if (line.length * 6 > BOUNDS.maximumLine && isLonger(longestForm(line), BOUNDS.maximumLine)) {
        throw new TypeError(`the action is too long: more than maximumLine, ${BOUNDS.maximumLine} bytes, on its way`);
      }
      if (isLonger(line, this.#serverLimit)) {
        const size = byteLength(line);
        throw new TypeError(`the action is too long: ${size} bytes, and the server refused ${this.#serverLimit + 1}`);
      }
      if (!isWithinDepth([copy], BOUNDS.maximumDepth)) throw new TypeError('the action nests too deep');
      const entry = { action: copy, timestamp, source: this.source, line, isHeld: !this.#isGoingOn };
      this.#advance(entry);
      this.#queue(entry);
      this.#take(entry);
      this.#save();
      if (this.#isGoingOn) this.#sendNow(entry);
      else if (this.#isStorageFailing) this.#patience();
      this.#notify();
      this.#notifyStatus();
      return { action: copy, timestamp, source: this.source };
    }

    /**
     * Actions of this browser that the server does not take, as `[{action, timestamp, source, reason}]`. They are
     * taken back: out of the history and the state, so that this peer and the others agree, and kept here, also
     * across reloads, until `dismissSetAside`. What was written later is sent. An action may be dispatched again in
     * another form; as it was, it can never follow, because its source has gone on.
     */
    setAside() {
      return this.#aside.map(({ action, timestamp, source, reason }) => ({ action, timestamp, source, reason }));
    }

    /** Forgets the actions that were set aside. */
    dismissSetAside() {
      for (const entry of this.#aside.splice(0)) this.#queue({ ...entry, line: setAsideLine(null) });
      this.#save();
      this.#notifyStatus();
    }

    /** Replaces the reducer; everything is reduced again from the start. */
    replaceReducer(reducer) {
      this.#history.replaceReducer(reducer);
      this.#notify();
    }

    /** Resolves when every own action is saved. */
    flush() {
      if (this.#unsaved.length === 0) return Promise.resolve();
      return new Promise((resolve) => this.#saveWaiters.push(resolve));
    }

    /** Resolves when this peer has what the server has, and the server has confirmed the other way round. */
    synced() {
      if (this.status().phase === 'in-sync') return Promise.resolve();
      return new Promise((resolve) => this.#syncWaiters.push(resolve));
    }

    // ---- the connection, from outside

    /** Whether the peer tries to be connected. */
    get isOnline() {
      return this.#wanted;
    }

    /** Connects, and again after every loss, until `goOffline`. */
    goOnline() {
      if (this.#closed || (this.#wanted && (this.#session || this.#attempt === 0))) return;
      this.#wanted = true;
      this.#attempt = 0;
      this.#timers.clearTimeout(this.#retryTimer);
      this.#connect();
    }

    /** Leaves; own actions wait. */
    goOffline() {
      this.#wanted = false;
      this.#timers.clearTimeout(this.#retryTimer);
      this.#attempt = 0;
      const session = this.#session;
      this.#drop(session);
      this.#notifyStatus();
    }

    /**
     * Resolves when the server has said what it has (true), or when the dial fails or `limit` ms are over (false).
     * What is dispatched before that, by a page that has nothing yet, sorts before everybody's history.
     */
    headerReceived(limit) {
      if (this.#closed || !this.#session) return Promise.resolve(false);
      if (this.#session.peerClock) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = this.#timers.setTimeout(() => resolve(false), limit);
        this.#headerWaiters.push((isHere) => { this.#timers.clearTimeout(timer); resolve(isHere); });
      });
    }

    /** Ends the peer for good and gives up its source, so that the next page of this tab can have it. */
    close() {
      if (this.#closed) return;
      for (const resolve of this.#headerWaiters.splice(0)) resolve(false);
      this.goOffline();
      this.#closed = true;
      this.#stopListening();
      this.#timers.clearTimeout(this.#storageTimer);
      this.#timers.clearTimeout(this.#patienceTimer);
      // Whoever writes as this source again must know every stamp that may have left this page.
      const isClean = this.status().isDurable && this.#unsaved.every((entry) => entry.isHeld);
      if (isClean && this.#own.length > 0) {
        const record = sourceRecord(this.source, false, this.#confirmed);
        new Promise((resolve) => resolve(this.#storage.save([record]))).catch(() => {}); // then it stays open
      }
      this.#options.release?.(isClean, this.#last);
    }

    /** Hands the browser's own signs of connection to the peer. */
    listen(window) {
      const back = () => {
        if (this.#session?.isOpen) { this.wake(); return; }
        if (!this.#wanted || !this.#mayDial()) return;
        this.#drop(this.#session);
        this.#attempt = 1;
        this.goOnline();
      };
      const gone = () => this.#lost(this.#session, 'the browser is offline');
      const hide = () => this.close();
      // A page that comes back from the back-forward cache has given up its source: start anew.
      const show = (event) => {
        if (event.persisted) window.location.reload();
        else this.wake();
      };
      const document = window.document;
      const look = () => { if (document.visibilityState !== 'hidden') this.wake(); };
      this.#isHidden = () => document?.visibilityState === 'hidden';
      const listeners = [
        [window, 'online', back], [window, 'offline', gone], [window, 'pagehide', hide],
        [document, 'visibilitychange', look], [document, 'resume', look],
      ];
      for (const [target, event, listener] of listeners) target?.addEventListener?.(event, listener);
      window.addEventListener('pageshow', show); // for good: it is what comes after the end
      this.#stopListening = () => {
        for (const [target, event, listener] of listeners) target?.removeEventListener?.(event, listener);
      };
    }

    /**
     * To be called when the page may have slept, or the network may have changed: the server is probed at once, or
     * dialled, and the storage tried again. `listen` calls it for a page that is shown, resumed, or online again.
     */
    wake() {
      if (this.#closed) return;
      if (this.#isStorageFailing) {
        this.#timers.clearTimeout(this.#storageTimer);
        this.#comeBack();
      }
      if (!this.#wanted) return;
      if (this.#session?.isOpen) {
        this.#session.hasSlept = false;
        if (this.#isProbeDue(this.#session)) this.#ask(this.#session, true);
      } else if (!this.#session && this.#mayDial()) {
        this.#timers.clearTimeout(this.#retryTimer);
        this.#connect();
      }
    }

    /** Events may come many at a time; the server is not to be dialled as often. */
    #mayDial() {
      return Math.abs(this.#now() - this.#dialledAt) >= BOUNDS.backOffFirst;
    }

    // ---- the connection, inside

    async #connect() {
      this.#attempt += 1;
      this.#dialledAt = this.#now();
      const attempt = this.#attempt;
      const session = {
        socket: null, isOpen: false, peerClock: null, outbox: [], next: 0, pumping: false, timer: null,
        hasReceivedSync: false, hasSentSync: false, syncedAt: null, answers: 0,
        // Updates that were handed to the socket, and how many of them the peer has said it has.
        sent: 0, sentOwn: 0, confirmed: 0, inFlight: [], isCareful: this.#suspicion >= BOUNDS.suspicion,
        // Probes that are not answered: what had been sent before each. `askedAt`: the link is in doubt since.
        probes: [], probedAt: null, hasAnswered: false, isPlain: false, objectionTimer: null,
        heardAt: 0, askedAt: null, watchTimer: null, watchUntil: 0, hasSlept: false,
        hadStatistics: false, question: null,
      };
      this.#session = session;
      this.#notifyStatus();
      await this.#inherit();
      if (this.#session !== session || attempt !== this.#attempt) return;
      try {
        const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
        session.socket = new Socket(this.#options.url);
      } catch (error) {
        this.#lost(session, String(error));
        return;
      }
      session.timer = this.#timers.setTimeout(() => {
        if (!session.isOpen) this.#lost(session, 'the connection took too long');
      }, BOUNDS.connectTimeout);
      session.socket.onopen = () => this.#opened(session);
      session.socket.onmessage = (event) => {
        if (session !== this.#session) return;
        this.#heardAnything(session);
        // Asked for `?batch=1`, the server says many lines at a time: a browser takes its time over each message.
        if (typeof event.data !== 'string') return;
        for (const line of event.data.split('\n')) this.#heard(session, line);
      };
      session.socket.onclose = (event) => {
        // 1008, policy violation: the server will refuse us again until something changes.
        const isRefused = event?.code === 1008;
        const words = event?.reason ? `: ${event.reason}` : '';
        if (session !== this.#session) return;
        if (event?.code === 1009) { this.#refusedLength(session); return; }
        this.#suspect(session);
        this.#lost(session, isRefused ? `the server refused the connection${words}` : null, isRefused);
      };
      session.socket.onerror = () => {}; // close follows
    }

    #opened(session) {
      if (session !== this.#session) return;
      session.isOpen = true;
      this.#timers.clearTimeout(session.timer);
      // Asked before anything else, so that the answer, or its lack, comes before SYNC.
      this.#probe(session);
      session.socket.send(headerLine(this.source, this.#clock));
      session.heardAt = session.askedAt = this.#now(); // every peer owes us a SYNC
      this.#watch(session, this.#probeAfter);
      this.#askStatistics(session);
      this.#notifyStatus();
    }

    /** Forgets a session and closes its socket. */
    #drop(session) {
      if (!session || session !== this.#session) return;
      this.#session = null;
      this.#timers.clearTimeout(session.timer);
      this.#timers.clearTimeout(session.watchTimer);
      this.#timers.clearTimeout(session.objectionTimer);
      this.#timers.clearTimeout(this.#statisticsTimer);
      session.question?.abort();
      this.#statistics = null;
      const socket = session.socket;
      if (socket) {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => {};
        try { socket.close(); } catch { /* it is gone already */ }
      }
      this.#applyHeld();
    }

    /** A session ended without our wish: try again later. */
    #lost(session, reason, isRefused = false) {
      if (!session || session !== this.#session) return;
      if (reason) this.#report('connection', reason);
      for (const resolve of this.#headerWaiters.splice(0)) resolve(false);
      const wasUseful = this.#suspicion === 0 && session.syncedAt !== null
        && this.#now() - session.syncedAt >= BOUNDS.usefulAfter;
      this.#drop(session);
      if (this.#wanted) {
        if (wasUseful) this.#attempt = 0;
        const longest = isRefused ? BOUNDS.backOffLast
          : Math.min(BOUNDS.backOffLast, BOUNDS.backOffFirst * 2 ** Math.min(this.#attempt, 10));
        const delay = longest * (0.5 + this.#random() / 2);
        this.#attempt = Math.max(this.#attempt, 1);
        this.#retryTimer = this.#timers.setTimeout(() => { if (this.#wanted && !this.#session) this.#connect(); }, delay);
      }
      this.#notifyStatus();
    }

    #heard(session, text) {
      if (session !== this.#session || text === '') return;
      if (isLonger(text, BOUNDS.maximumLine)) { this.#lost(session, 'a line is too long'); return; }
      let value;
      try {
        value = JSON.parse(text);
      } catch {
        this.#lost(session, 'a line is not JSON');
        return;
      }
      this.#heardSince = true;
      if (Array.isArray(value)) this.#accept(value, text.trim(), session);
      else if (value === 'SYNC') this.#heardSync(session);
      else if (value === 'PING') this.#heardPing(session);
      else if (value === 'PONG') this.#heardPong(session);
      else if (typeof value === 'string') this.#heardRefusal(session, value);
      else if (isObject(value)) this.#heardHeader(session, value);
    }

    #heardHeader(session, header) {
      const clock = headerClock(header);
      if (!clock) { this.#lost(session, 'a header has no usable clock'); return; }
      const claimed = clock.get(this.source) ?? 0;
      if (claimed > BOUNDS.clockCeiling) {
        this.#report('identity', `the peer claims our timestamp ${claimed}, above the ceiling`);
      } else if (claimed > this.#last) {
        this.#report('identity', `the peer knows our actions up to ${claimed}, we only up to ${this.#last}`);
        this.#highest = Math.max(this.#highest, claimed);
      }
      // What is written before the history is here would otherwise sort before all of it.
      for (const timestamp of clock.values()) {
        if (timestamp <= BOUNDS.clockCeiling) this.#highest = Math.max(this.#highest, timestamp);
      }
      for (const resolve of this.#headerWaiters.splice(0)) resolve(true);
      // A repeated header is answered with what it lacks, in place of what was still waiting.
      session.peerClock = clock;
      // Nothing later of its source was sent when it was set aside, so this claim is about it.
      for (const record of [...this.#aside]) if (clock.get(record.source) === record.timestamp) this.#putBack(record);
      for (const [source, timestamp] of this.#withheld) {
        if ((clock.get(source) ?? 0) >= timestamp) this.#withheld.delete(source);
      }
      session.outbox = new Array(session.answers).fill('PONG'); // these are owed all the same
      session.next = 0;
      this.#recount({ confirmed: claimed });
      for (const entry of this.#history.entries) this.#offer(session, entry);
      session.outbox.push('SYNC');
      this.#pump(session);
      this.#retire(clock);
      this.#notifyStatus();
    }

    #heardSync(session) {
      session.hasReceivedSync = true;
      session.syncedAt ??= this.#now();
      // Had it known probes, it would have answered before: an original, or an older server. It is asked no more.
      session.isPlain = !session.hasAnswered;
      this.#applyHeld();
      if (session.isPlain) this.#confirmPlain(session);
      this.#settle();
      // Asked again now: the first answer may have been counted before this link was.
      this.#timers.clearTimeout(this.#statisticsTimer);
      this.#askStatistics(session);
    }

    /** Tells those who wait for `synced()`. */
    #settle() {
      if (this.#session && this.status().phase === 'in-sync') {
        this.#suspicion = 0;
        for (const resolve of this.#syncWaiters.splice(0)) resolve();
      }
      this.#notifyStatus();
    }

    /** Queues an entry for the peer if its clock lacks it. */
    #offer(session, entry) {
      if (!session?.peerClock || entry.place || entry.isHeld || entry.isSetAside) return;
      if ((session.peerClock.get(entry.source) ?? 0) >= entry.timestamp) return;
      if (isLonger(entry.line, this.#serverLimit)) {
        this.#tooLong.push(entry);
        if (!this.#isOfThisBrowser(entry)) this.#withhold(entry);
        return;
      }
      if (this.#withheld.size > 0 && entry.timestamp >= (this.#withheld.get(entry.source) ?? Infinity)) return;
      session.peerClock.set(entry.source, entry.timestamp);
      session.outbox.push(entry);
    }

    /** Hands queued lines to the socket for as long as it keeps up. */
    #pump(session) {
      const until = this.#now() + BOUNDS.slice;
      for (const entry of this.#tooLong.splice(0)) {
        if (this.#isOfThisBrowser(entry)) this.#takeBack(entry, tooLong(byteLength(entry.line)));
      }
      while (session === this.#session && session.next < session.outbox.length) {
        if (session.socket.bufferedAmount > BOUNDS.buffered) {
          if (!session.pumping) {
            session.pumping = true;
            this.#timers.setTimeout(() => { session.pumping = false; this.#pump(session); }, 20);
          }
          return;
        }
        if (session.next % 256 === 255 && this.#now() >= until && !session.pumping) {
          session.pumping = true;
          this.#nextTask(() => { session.pumping = false; this.#pump(session); });
        }
        if (session.pumping) return;
        const item = session.outbox[session.next];
        if (session.isCareful && item.line !== undefined && session.inFlight.length > 0) {
          this.#askToConfirm(session);
          return;
        }
        session.next += 1;
        if (item === 'SYNC') {
          session.socket.send('"SYNC"');
          session.hasSentSync = true;
        } else if (item === 'PONG') {
          session.answers -= 1;
          session.socket.send('"PONG"');
        } else {
          session.sent += 1;
          session.inFlight.push({ entry: item, number: session.sent });
          if (item.source === this.source) session.sentOwn = Math.max(session.sentOwn, item.timestamp);
          session.socket.send(item.line);
        }
      }
      if (session !== this.#session) return;
      session.outbox = [];
      session.next = 0;
      if (session.isPlain) this.#confirmPlain(session);
      else this.#askToConfirm(session);
      this.#settle();
    }

    // ---- probes: whether the peer is there, and has what it was sent

    /** Answers in order with everything else, so that the answer says: what came before is processed. */
    #heardPing(session) {
      if (session.answers >= BOUNDS.answers) { this.#lost(session, 'the peer probes more than it reads'); return; }
      session.answers += 1;
      session.outbox.push('PONG');
      this.#pump(session);
    }

    #heardPong(session) {
      const probe = session.probes.shift();
      if (!probe) return;
      session.hasAnswered = true;
      session.isPlain = false;
      this.#timers.clearTimeout(session.objectionTimer);
      session.objectionTimer = null;
      this.#confirm(session, probe);
      this.#askToConfirm(session);
    }

    #confirm(session, { sent, sentOwn }) {
      session.confirmed = Math.max(session.confirmed, sent);
      this.#recount({ confirmed: Math.max(this.#confirmed, sentOwn) });
      // A peer that knows no probes has said nothing; it may still object to what has left.
      if (session.hasAnswered || session.isCareful) {
        const open = session.inFlight.findIndex(({ number }) => number > session.confirmed);
        session.inFlight.splice(0, open < 0 ? session.inFlight.length : open);
      }
      if (session.isCareful) this.#pump(session);
      this.#settle();
    }

    // ---- what the server does not take

    /** Whether it is ours to take back: written by this page, or left by a closed one. */
    #isOfThisBrowser(entry) {
      return entry.source === this.source || entry.isInherited === true;
    }

    /**
     * The server refused an update by its rules (it nests too deep, say), and goes on. It tells those who probe, with
     * `"REFUSED <timestamp> <source>"`, before it confirms what came after.
     */
    #heardRefusal(session, text) {
      const [, digits, source] = /^REFUSED (\S+) ([^]*)$/.exec(text) ?? [];
      const entry = source === undefined ? undefined : this.#history.find(Number(digits), source);
      // Only what it was sent: a stamp that it has by its own account is not to be taken back.
      if (!entry || entry.isHeld || (session.peerClock?.get(source) ?? 0) < entry.timestamp) return;
      const reason = 'refused by the server';
      if (this.#isOfThisBrowser(entry)) this.#takeBack(entry, reason);
      else this.#report('withheld', `the update ${entry.timestamp}@${source} is ${reason}`);
      this.#settle();
    }

    /** The server closed because a message was too long. It was then at least the longest of those under way. */
    #refusedLength(session) {
      let longest = { size: byteLength(headerLine(this.source, this.#clock)), entry: null };
      for (const { entry } of session.inFlight) {
        const size = byteLength(entry.line);
        if (size > longest.size) longest = { size, entry };
      }
      this.#suspicion += 1; // the wait grows, in case it is not over with this one
      if (!longest.entry) {
        this.#lost(session, `the server takes no header of ${longest.size} bytes`, true);
        return;
      }
      this.#serverLimit = Math.min(this.#serverLimit, longest.size - 1);
      this.#leaveOut(longest.entry, tooLong(longest.size));
      this.#lost(session, `the server takes no message of ${longest.size} bytes`);
    }

    /** A link broke while updates were under way. If that goes on, one of them may be the cause: find it. */
    #suspect(session) {
      if (!session.peerClock || session.inFlight.length === 0) return;
      this.#suspicion += 1;
      if (!session.isCareful || session.inFlight.length !== 1) return;
      const [{ entry }] = session.inFlight;
      entry.blame = (entry.blame ?? 0) + 1;
      if (entry.blame >= BOUNDS.blame) this.#leaveOut(entry, 'the connection broke each time it was sent');
    }

    #leaveOut(entry, reason) {
      if (this.#isOfThisBrowser(entry)) this.#takeBack(entry, reason);
      else this.#withhold(entry);
    }

    /** Sets an action of this browser aside, for good. */
    #takeBack(entry, reason) {
      if (entry.isSetAside) return;
      entry.isSetAside = true;
      this.#history.remove(entry);
      this.#isReplaying = true;
      const at = lowerBound(this.#own, entry.timestamp);
      if (entry.source === this.source && this.#own[at] === entry.timestamp) this.#own.splice(at, 1);
      const line = setAsideLine([entry.action, entry.timestamp, entry.source], reason);
      const record = { ...entry, reason, isHeld: false, line };
      this.#aside.push(record);
      this.#recount({ unsaved: [...this.#unsaved.filter((other) => other !== entry), record] });
      this.#save();
      this.#report('set-aside', `the action ${entry.timestamp}@${entry.source} is set aside: ${reason}`);
      this.#replay();
    }

    /** The server has it after all: the link broke after it had arrived. */
    #putBack(record) {
      const { action, timestamp, source } = record;
      this.#aside = this.#aside.filter((other) => other !== record);
      const entry = { action, timestamp, source, line: JSON.stringify([action, timestamp, source]), isInherited: true };
      if (source === this.source) this.#own.splice(lowerBound(this.#own, timestamp), 0, timestamp);
      this.#recount({ unsaved: [...this.#unsaved.filter((other) => other !== record), entry] });
      this.#save();
      this.#report('set-aside', `the server has ${timestamp}@${source}, so it is in the state again`);
      this.#take(entry);
      this.#notify();
    }

    /**
     * An update of somebody else is not ours to leave out: who skips it makes the later ones of its source hide it
     * from the server for good. So that source waits, until the server has it from elsewhere.
     */
    #withhold(entry) {
      if (this.#withheld.get(entry.source) <= entry.timestamp) return;
      this.#withheld.set(entry.source, entry.timestamp);
      const stamp = `${entry.timestamp}@${entry.source}`;
      this.#report('withheld', `the server does not take ${stamp}; what follows of its source waits`);
    }

    #probe(session) {
      session.probes.push({ sent: session.sent, sentOwn: session.sentOwn });
      session.probedAt = this.#now();
      session.socket.send('"PING"');
    }

    #askToConfirm(session) {
      if (session !== this.#session || session.probes.length > 0) return;
      if (session.sent > session.confirmed) this.#probe(session);
    }

    /**
     * For a peer that knows no probes, what has left counts as confirmed, since it cannot say more; but only after
     * a while, in which it may close the connection because of it.
     */
    #confirmPlain(session) {
      if (session !== this.#session || session.objectionTimer !== null || session.sent === session.confirmed) return;
      const { sent, sentOwn } = session;
      session.objectionTimer = this.#timers.setTimeout(() => {
        session.objectionTimer = null;
        if (session.socket.bufferedAmount === 0) this.#confirm(session, { sent, sentOwn });
        this.#confirmPlain(session);
      }, BOUNDS.objection);
    }

    /** Whatever arrives shows that the peer is there. */
    #heardAnything(session) {
      session.heardAt = this.#now();
      if (session.askedAt === null) return;
      session.askedAt = null;
      session.hasSlept = false;
      this.#watch(session, this.#probeAfter);
    }

    #watch(session, delay) {
      this.#timers.clearTimeout(session.watchTimer);
      session.watchUntil = this.#now() + delay;
      session.watchTimer = this.#timers.setTimeout(() => this.#watched(session), delay);
    }

    /** Probes a peer that has been silent, and gives up one that stays silent. */
    #watched(session) {
      if (session !== this.#session) return;
      const now = this.#now();
      if (session.isPlain) { // its silence says nothing
        session.askedAt = null;
        session.heardAt = now;
        this.#watch(session, this.#probeAfter);
        return;
      }
      const isLate = now - session.watchUntil > BOUNDS.lateTimer;
      if (session.askedAt === null) {
        session.heardAt = Math.min(session.heardAt, now); // a clock that was set back must not put it off
        const left = session.heardAt + this.#probeAfter - now;
        if (left > 0) this.#watch(session, left);
        else this.#ask(session, isLate);
        return;
      }
      // The page slept or is slowed down, so the answer may be waiting for us: the wait begins anew. A page that is
      // not visible has slow timers for as long as it is; there the second deadline in a row counts.
      if (isLate && !(session.hasSlept && this.#isHidden())) {
        session.hasSlept = true;
        this.#ask(session, true);
        return;
      }
      this.#lost(session, 'the server does not answer');
    }

    /** Wants a sign of life: of the probe that is under way, or of a fresh one. */
    #ask(session, isFresh) {
      if (session.isPlain) return;
      // Who wakes up again and again must not put off the end of a wait that is under way.
      if (session.askedAt === null || this.#now() >= session.watchUntil) {
        session.askedAt = this.#now();
        this.#watch(session, this.#probeAfter);
      }
      if (!session.hasAnswered) return; // to ask it once more would say nothing more
      const isDue = isFresh && this.#isProbeDue(session) && session.probes.length < BOUNDS.probes;
      if (session.probes.length === 0 || isDue) this.#probe(session);
    }

    #isProbeDue(session) {
      return session.probedAt === null || this.#now() - session.probedAt >= BOUNDS.freshProbe;
    }

    // ---- updates

    /** Judges a received update and gives it its place. The clock moves only for what is accepted. */
    #accept(update, line, session) {
      const fault = updateFault(update, this.#clock.has(update[2]), line);
      if (fault) { this.#report('refused', fault); return; }
      const [action, timestamp, source] = update;
      const isOurs = source === this.source;
      const aside = this.#aside.find((record) => record.timestamp === timestamp && record.source === source);
      if (aside) { this.#putBack(aside); return; }
      if (isOurs ? this.#knows(timestamp, source) : timestamp <= (this.#clock.get(source) ?? 0)) {
        const known = this.#history.find(timestamp, source);
        if (known && !sameAction(known.action, action)) {
          this.#report('equivocation', `two different actions ${timestamp}@${source}; the first is kept`);
        }
        return;
      }
      if (isOurs && timestamp > BOUNDS.clockCeiling) {
        this.#report('refused', `an unknown action in our name, ${timestamp}, above the ceiling`);
        return;
      }
      if (session.peerClock && (session.peerClock.get(source) ?? 0) < timestamp) {
        session.peerClock.set(source, timestamp); // never echo
      }
      const entry = { action, timestamp, source, line };
      if (isOurs) {
        this.#queue(entry);
        this.#save();
      }
      this.#advance(entry);
      const isCatchingUp = !session.hasReceivedSync;
      if (!isCatchingUp && !this.#isReplaying && this.#held.length === 0 && this.#history.isNewest(entry)) {
        this.#history.insert([entry]);
        this.#notify();
        return;
      }
      // A history is replayed once, at SYNC; a late live update waits for those right behind it.
      this.#held.push(entry);
      if (isOurs) this.#heldOwn.add(timestamp);
      if (this.#held.length >= BOUNDS.batch) this.#applyHeld();
      else if (this.#heldTimer === null) this.#waitToApply(isCatchingUp ? BOUNDS.historyPause : 0);
      if (isCatchingUp && this.#held.length % 500 === 1) this.#notifyStatus();
    }

    #knows(timestamp, source) {
      return this.#history.find(timestamp, source) !== undefined || this.#heldOwn.has(timestamp);
    }

    #waitToApply(delay) {
      this.#heardSince = false;
      this.#heldTimer = this.#timers.setTimeout(() => {
        this.#heldTimer = null;
        if (this.#held.length === 0) return;
        if (this.#heardSince && delay > 0) this.#waitToApply(delay);
        else this.#applyHeld();
      }, delay);
    }

    #applyHeld() {
      this.#timers.clearTimeout(this.#heldTimer);
      this.#heldTimer = null;
      if (this.#held.length === 0) return;
      this.#history.merge(this.#held.splice(0));
      this.#heldOwn.clear();
      this.#isReplaying = true;
      this.#replay();
    }

    /** Reduces what was merged, a slice at a time, and tells everyone once at the end. */
    #replay() {
      if (!this.#isReplaying || this.#isSliceDue) return;
      const until = this.#now() + BOUNDS.slice;
      if (!this.#history.advance(() => this.#now() >= until)) {
        this.#isSliceDue = true;
        this.#nextTask(() => {
          this.#isSliceDue = false;
          this.#replay();
        });
        return;
      }
      this.#isReplaying = false;
      this.#notify();
      this.#settle();
    }

    /** Takes an entry of this page, which is to be seen at once. */
    #take(entry) {
      if (!this.#isReplaying) { this.#history.insert([entry]); return; }
      this.#history.merge([entry]);
      this.#history.preview(entry);
    }

    /** Moves the clock past an accepted entry. */
    #advance({ timestamp, source }, isSetAside = false) {
      if (timestamp > (this.#clock.get(source) ?? 0)) this.#clock.set(source, timestamp);
      if (timestamp <= BOUNDS.clockCeiling) this.#highest = Math.max(this.#highest, timestamp);
      if (source !== this.source) return;
      this.#last = Math.max(this.#last, timestamp);
      if (isSetAside) return;
      if (this.#own.length === 0 || this.#own[this.#own.length - 1] < timestamp) this.#own.push(timestamp);
      else this.#own.splice(lowerBound(this.#own, timestamp), 0, timestamp);
    }

    // ---- saving

    /** Saves what is waiting, as one group at a time; what is saved may be sent. */
    async #save() {
      if (this.#saving || this.#isStorageFailing) return;
      this.#saving = true;
      try {
        while (this.#unsaved.length > 0) await this.#saveGroup();
      } catch (error) {
        this.#saving = false;
        this.#storageFailed(error);
        return;
      }
      this.#saving = false;
      for (const resolve of this.#saveWaiters.splice(0)) resolve();
      this.#settle();
    }

    async #saveGroup() {
      const group = this.#unsaved.slice();
      const records = group.map(({ source, timestamp, line }) => ({ source, timestamp, line }));
      // With the first action goes the record that the source is in use.
      const state = sourceRecord(this.source, true, this.#confirmed);
      if (state.line !== this.#savedState) records.push(state);
      await this.#bounded('the storage', () => this.#storage.save(records));
      this.#savedState = state.line;
      const saved = new Set(group);
      this.#recount({ unsaved: this.#unsaved.filter((entry) => !saved.has(entry)) }); // it may have changed meanwhile
      for (const entry of group) {
        entry.isHeld = false;
        this.#offer(this.#session, entry);
      }
      if (this.#session) this.#pump(this.#session);
    }

    #bounded(what, ask) {
      return within(BOUNDS.storageWait, this.#timers, what, ask);
    }

    /**
     * The storage failed, did not answer, or was taken away: says so, goes on without it, and tries again until it
     * works. Own actions that wait to be saved are sent after a while all the same; `close` then sees to it that
     * nobody writes as this source again, so no stamp is used twice.
     */
    #storageFailed(error) {
      if (this.#closed) return;
      allowed(() => this.#storage.reset?.());
      if (!this.#isStorageFailing) {
        this.#isStorageFailing = true;
        this.#report('storage', `own actions are not kept for now: ${error}`);
      }
      this.#storageAttempt += 1;
      const delay = Math.min(BOUNDS.backOffLast, BOUNDS.backOffFirst * 2 ** Math.min(this.#storageAttempt, 10));
      this.#timers.clearTimeout(this.#storageTimer);
      this.#storageTimer = this.#timers.setTimeout(() => this.#comeBack(), delay);
      if (this.#unsaved.some((entry) => entry.isHeld)) this.#patience();
      this.#notifyStatus();
    }

    /** Waits a while for the storage, then sends what it did not take. */
    #patience() {
      this.#patienceTimer ??= this.#timers.setTimeout(() => {
        this.#patienceTimer = null;
        if (!this.#isStorageFailing) return;
        this.#isGoingOn = true;
        for (const entry of this.#unsaved) this.#sendNow(entry);
        this.#notifyStatus();
      }, BOUNDS.unsavedWait);
    }

    #sendNow(entry) {
      entry.isHeld = false;
      this.#offer(this.#session, entry);
      if (this.#session) this.#pump(this.#session);
    }

    /** Tries the storage again: saves what it lacks, and takes up what it has. */
    async #comeBack() {
      if (this.#closed) return;
      if (this.#saving) { // it was taken away under a save, which has not ended yet
        this.#timers.clearTimeout(this.#storageTimer);
        this.#storageTimer = this.#timers.setTimeout(() => this.#comeBack(), BOUNDS.backOffFirst);
        return;
      }
      this.#saving = true;
      let records;
      try {
        records = await this.#bounded('the storage', () => this.#storage.load());
        this.#savedState = null;
        // It may have been emptied meanwhile. What it must hold is every stamp of ours.
        const kept = new Set(records.filter(({ source }) => source === this.source).map(({ timestamp }) => timestamp));
        const waiting = new Set(this.#unsaved);
        const lacking = [...this.#aside, ...this.#history.entries].filter((entry) => (
          entry.source === this.source && !entry.place && !kept.has(entry.timestamp) && !waiting.has(entry)
        ));
        this.#recount({ unsaved: [...lacking, ...this.#unsaved] });
        while (this.#unsaved.length > 0) await this.#saveGroup();
      } catch (error) {
        this.#saving = false;
        this.#storageFailed(error);
        return;
      }
      this.#saving = false;
      this.#isStorageFailing = this.#isGoingOn = false;
      this.#storageAttempt = 0;
      this.#timers.clearTimeout(this.#patienceTimer);
      this.#patienceTimer = null;
      this.#report('storage', 'own actions are kept again');
      for (const resolve of this.#saveWaiters.splice(0)) resolve();
      this.#settle();
      await this.#takeUp(records);
    }

    /** Takes stored lines into the history; those of other sources are passed on like anybody's. */
    #restore(records) {
      const entries = [];
      const sorted = records.filter(({ timestamp }) => timestamp !== 0).sort(compareEntries);
      for (const record of sorted) {
        const { line } = record;
        let update;
        try { update = JSON.parse(line); } catch { update = []; }
        if (isObject(update) && hasOwn(update, 'setAside')) { this.#restoreAside(update, record); continue; }
        if (!Array.isArray(update) || updateFault(update)) {
          this.#report('storage', 'a stored action is damaged and was left out');
          continue;
        }
        const [action, timestamp, source] = update;
        if (timestamp <= (this.#clock.get(source) ?? 0)) continue;
        const entry = { action, timestamp, source, line, isInherited: true };
        this.#advance(entry);
        entries.push(entry);
      }
      this.#history.insert(entries);
      return entries;
    }

    /** An action that was set aside keeps its stamp from being used again, also when it is dismissed. */
    #restoreAside({ setAside, reason }, { timestamp, source, line }) {
      if (timestamp <= (this.#clock.get(source) ?? 0)) return;
      this.#advance({ timestamp, source }, true);
      if (!Array.isArray(setAside) || updateFault(setAside)) return;
      const [action] = setAside;
      this.#aside.push({ action, timestamp, source, reason: String(reason), line, isSetAside: true });
    }

    /** Picks up what closed tabs of this browser left behind. */
    async #inherit() {
      if (this.#storage.isDurable === false || this.#isStorageFailing) return;
      try {
        await this.#takeUp(await this.#bounded('the storage', () => this.#storage.load()));
      } catch (error) {
        this.#storageFailed(error);
      }
    }

    async #takeUp(records) {
      const news = records.filter(({ source, timestamp }) => (
        source !== this.source && timestamp > (this.#clock.get(source) ?? 0)
      ));
      const sources = [...new Set(news.map((record) => record.source))];
      const free = new Set(await this.#abandoned(sources));
      if (this.#closed) return;
      const taken = this.#restore(news.filter((record) => free.has(record.source)));
      if (taken.length === 0) return;
      for (const entry of taken) this.#offer(this.#session, entry);
      if (this.#session) this.#pump(this.#session);
      this.#notify();
      this.#notifyStatus();
    }

    #abandoned(sources) {
      return abandoned(sources, this.#options.name, this.#options.locks, this.#timers);
    }

    /** Drops long stored sources of closed tabs once the server has all of them. */
    async #retire(clock) {
      if (this.#storage.isDurable === false || this.#isStorageFailing) return;
      try {
        const ends = new Map();
        for (const { source, timestamp, line } of await this.#bounded('the storage', () => this.#storage.load())) {
          const end = ends.get(source) ?? { count: 0, last: 0 };
          // What was set aside is nowhere else.
          const last = String(line).startsWith(setAsideStart) ? Infinity : Math.max(end.last, timestamp);
          ends.set(source, { count: end.count + 1, last });
        }
        const done = [...ends].filter(([source, end]) => (
          source !== this.source && end.count >= BOUNDS.retireAfter && (clock.get(source) ?? 0) >= end.last
        )).map(([source]) => source);
        for (const source of await this.#abandoned(done)) {
          await this.#bounded('the storage', () => this.#storage.remove(source));
        }
      } catch (error) {
        this.#storageFailed(error); // what it holds is kept, which is harmless
      }
    }

    // ---- statistics: only numbers for the badge, nothing depends on them

    async #askStatistics(session) {
      const ask = this.#options.fetch ?? globalThis.fetch;
      if (!this.#options.statisticsUrl || !ask) return;
      session.question?.abort();
      const question = session.question = new AbortController(); // a newer question makes this one void
      try {
        const tooLate = new Promise((resolve, reject) => {
          this.#timers.clearTimeout(this.#statisticsTimer);
          this.#statisticsTimer = this.#timers.setTimeout(() => {
            question.abort();
            reject(new Error('no answer'));
          }, BOUNDS.statisticsTimeout);
        });
        const answered = (async () => {
          const answer = await ask(this.#options.statisticsUrl, { cache: 'no-store', signal: question.signal });
          return answer.ok ? answer.json() : null;
        })();
        const statistics = await Promise.race([answered, tooLate]);
        if (session !== this.#session || session.question !== question) return;
        this.#statistics = isObject(statistics) ? {
          connected: Number.isSafeInteger(statistics.connected) ? statistics.connected : null,
          actions: Number.isSafeInteger(statistics.actions) ? statistics.actions : null,
        } : null;
        this.#statisticsFailures = 0;
        session.hadStatistics = this.#statistics !== null;
        this.#notifyStatus();
      } catch {
        if (session !== this.#session || session.question !== question) return;
        // A server that stopped answering altogether is gone. One that answers probes is asked by these.
        this.#statisticsFailures += 1;
        if (session.hadStatistics && this.#statisticsFailures >= 2) {
          this.#statisticsFailures = 0;
          if (!session.hasAnswered) { this.#lost(session, 'the server does not answer'); return; }
          if (session.askedAt === null) this.#ask(session, true);
        }
      }
      this.#timers.clearTimeout(this.#statisticsTimer);
      this.#statisticsTimer = this.#timers.setTimeout(() => {
        if (session === this.#session) this.#askStatistics(session);
      }, BOUNDS.statisticsPeriod);
    }

    // ---- telling

    #notify() {
      callAll(this.#subscribers, undefined, (error) => this.#report('subscriber', String(error)));
    }

    #notifyStatus() {
      if (this.#statusSubscribers.size === 0) return;
      callAll(this.#statusSubscribers, this.status(), (error) => this.#report('subscriber', String(error)));
    }

    #report(kind, text) {
      this.reports.push({ kind, text });
      if (this.reports.length > BOUNDS.reports) this.reports.shift();
      this.#options.report?.(kind, text);
    }
  }

  /** What the storage holds in place of an action that was set aside: no update, so that no page sends it. */
  const tooLong = (size) => `longer than the server takes, ${size} bytes`;
  const setAsideStart = '{"setAside":[';
  const setAsideLine = (update, reason) => JSON.stringify({ setAside: update, reason });

  /** Adds a registration of its own, so that the same function subscribed twice is two. */
  function subscribeTo(set, listener) {
    const registration = { listener };
    set.add(registration);
    return () => { set.delete(registration); };
  }

  /** Calls everyone who is subscribed now; one that fails does not keep the others from hearing. */
  function callAll(set, argument, failed) {
    for (const { listener } of [...set]) {
      try { listener(argument); } catch (error) { failed(error); }
    }
  }

  /** Index of the first of the ascending `numbers` that is at least `limit`. */
  function lowerBound(numbers, limit) {
    let low = 0;
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[middle] < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Opens a peer in a page: finds the storage and this tab's source, restores own actions, and goes online.
   * Options as for `Peer`; `url` defaults to `ws?batch=1` beside the page, `online: false` stays offline. It resolves
   * within a few seconds whatever the browser's storage and locks do: if need be without them, as a fresh source.
   * With `source` it writes as that one, unless what was written as it cannot be read: then as a fresh one too.
   * `headerWait` is how long `open` waits for the server's header while the first dial is made (1,000 ms in a page).
   * `development` defaults to whether the page comes from this machine (localhost, 127.…, ::1).
   */
  async function open(options) {
    const window = options.window ?? globalThis.window;
    const timers = options.timers ?? defaultTimers;
    const name = options.name ?? 'scuttlebutt';
    const locks = options.locks ?? allowed(() => globalThis.navigator?.locks);
    const session = options.session ?? allowed(() => window?.sessionStorage);
    const storage = options.storage ?? new IndexedDBStorage(name, options.indexedDB);
    let storageFault;
    /** What `ask` gives, or null once the storage has failed. */
    const attempt = async (ask) => {
      if (storageFault) return null;
      try {
        return await within(BOUNDS.startWait, timers, 'the storage', ask);
      } catch (error) {
        storageFault = error;
        return null;
      }
    };
    const claim = (stored) => claimSource({ name, stored, session, locks, fill: options.fill, timers });
    const load = () => attempt(() => storage.load());
    let owner = { source: options.source, release: () => {} };
    if (owner.source === undefined) {
      const stored = await load();
      owner = await claim(stored);
      if (stored?.some(({ source }) => source === owner.source)) {
        const { confirmed } = sourceState(stored, owner.source);
        await attempt(() => storage.save([sourceRecord(owner.source, true, confirmed)]));
      }
    }
    // Loaded after the claim: until then another page may have been writing as this source.
    const records = await load();
    if (storageFault) {
      owner.release(false); // what was written as this source cannot be known
      owner = await claim(null);
    }
    const sources = [...new Set((records ?? []).map(({ source }) => source))];
    const others = new Set(await abandoned(sources, name, locks, timers));
    const stored = (records ?? []).filter(({ source }) => source === owner.source || others.has(source));
    // Beside the page and beside each other, as a proxy may serve all of them below a path.
    const url = options.url
      ?? new URL('ws?batch=1', window.document?.baseURI ?? window.location.href).href.replace(/^http/, 'ws');
    const statisticsUrl = options.statisticsUrl !== undefined ? options.statisticsUrl
      : new URL('statistics', url.replace(/^ws/, 'http')).href;
    // Where a page is developed, a reducer that changes what it is given is to be found.
    const development = options.development
      ?? /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(window?.location?.hostname ?? '');
    const peer = new Peer({
      ...options, development, name, locks, storage, stored, storageFault, url, statisticsUrl, ...owner,
    });
    if (window?.addEventListener) peer.listen(window);
    if (options.online !== false) peer.goOnline();
    // In a page, the first action waits for what the server has, while the first dial is being made.
    const headerWait = options.headerWait ?? (options.window === undefined && globalThis.window ? BOUNDS.headerWait : 0);
    if (headerWait > 0) await peer.headerReceived(headerWait);
    return peer;
  }

  return {
    open, Peer, History, MemoryStorage, IndexedDBStorage, claimSource, freshSource,
    compareEntries, updateFault, actionFault, sameAction, headerLine, headerClock, BOUNDS,
  };
});
