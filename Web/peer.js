// SPDX-License-Identifier: MIT
//
// A scuttlebutt peer for the browser: your reducer, everyone's actions, one order.
//
// Sessions, log, order, snapshots and codecs are the core's (`core.js`), which is the Swift of the servers, compiled to
// WebAssembly. What is done here is a driver's work: sockets and when to dial them (`link.js`), the storage
// (`saving.js`), when to fold, and telling everybody.
//
// Over 600 lines because dialling, folding, and taking back what the server does not take look at the same private
// state; what has a state of its own is in the files above.
import { BOUNDS } from './bounds.js';
import { claimSource, freshSource, isSource } from './claim.js';
import { Core, CoreError, load } from './core.js';
import { freeze } from './development.js';
import { Link } from './link.js';
import { Presence } from './presence.js';
import { Saving, setAsideLine } from './saving.js';
import { Statistics } from './statistics.js';
import { IndexedDBStorage, MemoryStorage, sourceState } from './storage.js';
import { callAll, subscribeTo } from './telling.js';
import { allowed, defaultTimers, nextTask } from './waiting.js';

const byteLength = (text) => new TextEncoder().encode(text).length;
const tooLong = (size) => `longer than the server takes, ${size} bytes`;

/** The agreed order: timestamp, then source by UTF-16 code units, as `Stamp.<` in Swift. */
export function compareEntries(a, b) {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.source < b.source ? -1 : Number(a.source > b.source);
}

export class Peer {
  #core; #options; #timers; #random; #now; #nextTask; #saving; #statistics; #host;
  #subscribers = new Set(); #statusSubscribers = new Set(); #rewindSubscribers = new Set();
  #headerWaiters = []; #syncWaiters = []; #entries = []; #localCount = 0; #aside = []; #reducing = false;
  #together = null; #isRestoringLog = false;
  #isReplaying = false; #isSliceDue = false; #lateTimer = null; #isRestoring = false;
  #link = null; #others = new Set(); #attempt = 0; #retryTimer = null; #dialledAt = null; #wanted = false; #closed = false;
  #serverLimit = Infinity; #suspicion = 0; #blame = new Map(); #hasTold = false; #syncedAt = null;
  #stopListening = () => {}; #isHidden = () => false;

  /**
   * Makes a peer that is not connected. Most callers want `open`, which also finds the storage and the source.
   * Options: `reducer(state, action, {timestamp, source})`, `initialState`, `copy` (for a reducer that changes the
   * state it is given: how to copy one), `source`, `storage`, `stored` (what `storage.load()` gave), `storageFault`
   * (why it gave nothing), `url` of the server's `/ws`, `statisticsUrl` (or null), `probeAfter` (ms of silence until
   * the server is probed), `module` (the core's, see `core.js`), `WebSocket`, `fetch`, `timers` ({setTimeout,
   * clearTimeout}), `now` (ms), `random` (0 ≤ x < 1), `nextTask(body)`, `locks`, `name`, `development` (state and actions
   * are frozen), `together` (see `together.js`), `report(kind, text)`.
   */
  static async create(options) {
    if (!isSource(options.source)) throw new TypeError('the source is not one that peers accept');
    const peer = new Peer(options);
    await peer.#start();
    return peer;
  }

  /** Use `Peer.create`. */
  constructor(options) {
    this.#options = { name: 'scuttlebutt', url: null, statisticsUrl: null, ...options };
    this.source = options.source;
    this.#together = options.together ?? null;
    this.reports = [];
    this.#timers = options.timers ?? defaultTimers;
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? Date.now;
    this.#nextTask = options.nextTask ?? nextTask;
    for (const name of [
      'getState', 'subscribe', 'dispatch', 'status', 'subscribeStatus', 'history', 'clock', 'recent', 'stateAt',
      'subscribeRewinds', 'goOnline', 'goOffline', 'flush', 'synced', 'replaceReducer', 'inspect',
    ]) this[name] = this[name].bind(this);
  }

  async #start() {
    const { initialState, copy, module, stored = [], storageFault, reducer } = this.#options;
    this.#core = await Core.open({
      source: this.source, reducer: this.#reducer(reducer), initialState, copy, module, savesActions: true,
      onEvent: (name, ...values) => this.#happened(name, ...values), now: this.#now,
      onFault: (fault) => this.#stopped(fault),
      timers: {
        setTimeout: (body, delay) => this.#timers.setTimeout(() => { body(); this.#afterTimer(); }, delay),
      },
    });
    const report = (kind, text) => this.#report(kind, text);
    this.#host = {
      core: this.#core, source: this.source, timers: this.#timers, now: this.#now, nextTask: this.#nextTask, report,
      confirmed: () => this.#confirmed(), full: () => this.#together?.makeRoom(),
      probeAfter: this.#options.probeAfter ?? BOUNDS.probeAfter, isHidden: () => this.#isHidden(),
      opened: (link) => this.#opened(link), heard: (link) => this.#heard(link), moved: () => this.#moved(),
      ended: (link, reason, how) => this.#ended(link, reason, how),
      entries: () => this.#entries.filter(({ timestamp }) => timestamp !== null), aside: () => this.#aside,
      restored: (records) => this.#takeUp(records),
    };
    this.presence = new Presence(this.#host);
    this.#saving = new Saving(this.#host, this.#options.storage ?? new MemoryStorage(), this.#options);
    this.#statistics = new Statistics({
      url: this.#options.statisticsUrl, fetch: this.#options.fetch, timers: this.#timers,
      changed: () => this.#notifyStatus(),
      failed: () => { // one that answers probes is asked by these
        if (this.#link?.progress()?.answers) this.#link.ask(true);
        else this.#ended(this.#link, 'the server does not answer', {});
      },
    });
    this.#restore(stored);
    const { confirmed } = sourceState(stored, this.source);
    this.#core.confirmed(confirmed);
    if (this.#together) {
      this.#together.confirmed = confirmed;
      await this.#together.restore((lines) => this.#restoreLog(lines));
      this.#hasNews = false;
      this.#continue(true);
    }
    this.#saving.begin(storageFault);
  }

  /** The reducer as the core calls it. */
  #reducer(reducer) {
    if (!reducer) return reducer;
    const { development } = this.#options;
    return (state, action, entry) => {
      const meta = { timestamp: entry.timestamp, source: entry.source };
      this.#reducing = true;
      try {
        if (!development) return reducer(state, action, meta);
        freeze(action);
        return freeze(reducer(state, action, meta));
      } catch (error) {
        if (action.type !== '@@scuttlebutt/INIT') throw error;
        this.#report('reducer', `the reducer failed for the initial state: ${error}`);
        return state;
      } finally {
        this.#reducing = false;
      }
    };
  }

  // ---- reading

  /** The state: all known actions in order, reduced. While a long history is being reduced, the one before it. */
  getState() { return this.#core.state; }

  /** `[[action, timestamp, source], …]` in agreed order; local-only actions are in no history. */
  history() {
    return this.#ordered().map((entry) => [entry.action, entry.timestamp, entry.source]);
  }

  /** What is in the history, in agreed order; what came late is put in its place when it is asked for. */
  #ordered() {
    const order = this.#order;
    if (this.#unplaced.length > BOUNDS.placed) {
      for (const entry of this.#unplaced) order.push(entry);
      order.sort(compareEntries);
    } else for (const entry of this.#unplaced) order.splice(this.#placeOf(entry), 0, entry);
    this.#unplaced = [];
    return order;
  }

  /** Where an entry stands in the order, or belongs. */
  #placeOf(entry) {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareEntries(this.#order[middle], entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #order = []; #unplaced = []; #locals = [];

  /** Takes up an entry; one that stays here has its place after what is newest now (G8). */
  #add(entry) {
    this.#entries.push(entry);
    if (entry.timestamp === null) {
      this.#localCount += 1;
      this.#locals.push({ entry, anchor: this.#ordered().at(-1) });
      return;
    }
    this.#enter(entry);
  }

  /** Something is in the order, or is back. */
  #enter(entry) {
    const last = this.#order.at(-1);
    (last && compareEntries(last, entry) > 0 ? this.#unplaced : this.#order).push(entry);
  }

  /** Something has left the order. */
  #leave(entry) {
    const order = this.#ordered();
    const place = this.#placeOf(entry);
    if (order[place] === entry) order.splice(place, 1);
  }

  /**
   * The newest `count` actions in agreed order, each with `isOwn`, `isPending` (no peer is known to have it), and
   * `isLate` (it came after something later had been reduced).
   */
  recent(count) {
    const confirmed = this.#core.fault ? Infinity : this.#confirmed();
    const ordered = this.#ordered();
    return ordered.slice(Math.max(0, ordered.length - count)).map(({ action, timestamp, source, isLate = false }) => {
      const isOwn = source === this.source;
      return { action, timestamp, source, isOwn, isPending: isOwn && timestamp > confirmed, isLate };
    });
  }

  /**
   * The state after the first `count` actions in agreed order, and the local-only ones right after them. It touches
   * nothing, and costs what lies between a snapshot and there. Throws RangeError for a place that the order lacks.
   */
  stateAt(count) {
    const ordered = this.#ordered();
    if (!Number.isInteger(count) || count < 0 || count > ordered.length) {
      throw new RangeError(`there is no place ${count} among ${ordered.length} actions`);
    }
    if (count === ordered.length && !this.#isReplaying) return this.#core.state;
    const reduce = this.#reducer(this.#options.reducer);
    const { copy, initialState } = this.#options;
    let state = count > 0 ? this.#core.stateAfter(ordered[count - 1].number)
      : reduce(initialState, { type: '@@scuttlebutt/INIT' }, { timestamp: null, source: null });
    for (const { entry, anchor } of this.#locals) {
      const isAfter = count === 0 || (anchor && compareEntries(anchor, ordered[count - 1]) >= 0);
      const isBefore = !anchor || count === ordered.length || compareEntries(anchor, ordered[count]) < 0;
      if (!isAfter || !isBefore) continue;
      try { state = reduce(copy ? copy(state) : state, entry.action, entry); } catch { /* told when it was folded */ }
    }
    return state;
  }

  /**
   * What developer tools look at (`devtools.js`); looking changes nothing. `arrivals(first, count)`: known actions in
   * the order in which they came here, a local-only one with `after`, the stamp that it follows, or null; `reduce(state,
   * action, meta)`: what the reducer makes of a state, which is copied first where there is a `copy`; `links()`: the
   * connections, see `Link.view`.
   */
  inspect() {
    const { reducer, initialState, copy } = this.#options;
    const reduce = this.#reducer(reducer);
    const stamp = (entry) => (entry ? { timestamp: entry.timestamp, source: entry.source } : null);
    return {
      reducer, initialState,
      reduce: (state, action, meta) => reduce(copy ? copy(state) : state, action, meta),
      arrivals: (first = 0, count = Infinity) => {
        const entries = this.#entries.slice(first, first + count);
        const hasLocal = entries.some(({ timestamp }) => timestamp === null);
        const anchors = new Map(hasLocal ? this.#locals.map(({ entry, anchor }) => [entry, anchor]) : []);
        return entries.map((entry) => (entry.timestamp === null
          ? { action: entry.action, timestamp: null, source: null, after: stamp(anchors.get(entry)) }
          : { action: entry.action, timestamp: entry.timestamp, source: entry.source }));
      },
      links: () => [this.#link, ...this.#others].filter(Boolean).map((link) => link.view()),
    };
  }

  /** The highest timestamp seen of each source. */
  clock() {
    const isStopped = this.#core.fault !== null;
    const clock = isStopped ? new Map() : this.#core.vector();
    for (const { source, timestamp } of this.#entries) {
      const counts = timestamp !== null && (isStopped || source === this.source);
      if (counts && timestamp > (clock.get(source) ?? 0)) clock.set(source, timestamp);
    }
    return Object.fromEntries(clock);
  }

  /** Calls `listener` after each change of state, once per batch. Returns a function that ends it. */
  subscribe(listener) { return subscribeTo(this.#subscribers, listener); }

  /** Calls `listener` with `status()` when that may have changed. Returns a function that ends it. */
  subscribeStatus(listener) { return subscribeTo(this.#statusSubscribers, listener); }

  /**
   * Calls `listener` after late actions were put in their places: `{ late, again, before, after }`, the late entries,
   * how many others were reduced again, and the states. Returns a function that ends it.
   */
  subscribeRewinds(listener) { return subscribeTo(this.#rewindSubscribers, listener); }

  /**
   * What a sync badge shows: `phase` ('offline', 'connecting', 'catching-up', 'sending', 'in-sync', 'stopped'), `attempt`,
   * `received` and `expected` actions (null when unknown), `peers` (null when unknown), `pending` (own actions
   * that are not yet saved, sent, and confirmed by the server), `setAside` (how many, see `setAside()`), `actions`,
   * `isDurable` (whether own actions are kept when the page goes, as far as the storage answered when it was last
   * used), `notes` (sentences about tabs and the stored log, mostly none), and all of it but these as `text`.
   */
  status() {
    const isStopped = this.#core.fault !== null;
    const progress = isStopped ? null : this.#link?.progress() ?? null;
    const together = this.#together;
    const held = isStopped ? 0 : this.#core.number('held');
    const received = this.#entries.length - this.#localCount - this.#aside.length + this.#dismissed + held;
    const pending = isStopped ? 0 : this.#pending();
    const own = {
      phase: 'offline', attempt: this.#attempt, received, pending,
      expected: this.#statistics.latest?.actions ?? null, peers: this.#statistics.latest?.connected ?? null,
    };
    if (isStopped) own.phase = 'stopped';
    else if (progress) own.phase = this.#phase(progress, pending);
    else if (this.#wanted) own.phase = 'connecting';
    const { phase, attempt, expected, peers } = together && !isStopped ? together.view(own) : own;
    const waiting = pending > 0 ? ` · ${pending} to send` : '';
    const aside = this.#aside.length > 0 ? ` · ${this.#aside.length} set aside` : '';
    const kept = this.#saving.isFailing ? ' · not kept' : '';
    const refused = progress?.hasWithheld ? ' · not all is taken' : '';
    const text = {
      'stopped': () => 'stopped · reload this page',
      'offline': () => `offline${waiting}`,
      'connecting': () => `offline · connecting (attempt ${attempt})${waiting}`,
      'catching-up': () => `catching up ${received}${expected !== null && expected >= received ? ` of ${expected}` : ''}`,
      'sending': () => `sending${pending > 0 ? ` ${pending}` : ''}${refused}`,
      'in-sync': () => (peers === null ? 'in sync' : `in sync with ${peers} ${peers === 1 ? 'peer' : 'peers'}`),
    }[phase]() + aside + kept;
    return {
      phase, attempt, received, expected, peers, pending, text, actions: received,
      isDurable: this.#saving.isDurable, setAside: this.#aside.length, notes: together?.notes ?? [],
    };
  }

  /** Own actions that are not saved (where there is storage), sent, and confirmed. */
  #pending() {
    const confirmed = this.#confirmed();
    const pending = this.#together?.hasTabs ? this.#together.pending : this.#core.number('pending');
    return pending + (this.#link?.unobjected ?? 0)
      + (this.#saving.isFailing ? 0 : this.#saving.countConfirmed(confirmed));
  }

  /** The newest own timestamp that the server is known to have; other tabs do not count. */
  #confirmed() { return this.#together?.hasTabs ? this.#together.confirmed : this.#core.number('confirmed'); }

  /** In sync means: this peer has what the server has, and the other way round, as far as the server said. */
  #phase(progress, pending) {
    if (!progress.hasReceivedSync || !progress.hasSentSync || this.#isReplaying) return 'catching-up';
    const isConfirmed = !progress.hasUnconfirmed && !progress.hasWork && !this.#link.isAwaiting;
    return pending === 0 && isConfirmed && !progress.hasWithheld ? 'in-sync' : 'sending';
  }

  // ---- writing

  /**
   * Applies an action here, saves it, then sends it to everyone. A type that begins with `@` stays local.
   * Returns `{action, timestamp, source}` (both null for a local one); throws TypeError and changes nothing
   * when the action is no object with a non-empty string `type`, cannot be encoded, or is longer than a line may be
   * in any form in which it may travel, or than what the server is known to refuse.
   */
  dispatch(action) {
    if (this.#closed) throw new Error('the peer is closed');
    if (this.#reducing) throw new Error(`a reducer may not dispatch ${action?.type}`);
    this.#checkLength(action);
    let entry;
    try { entry = this.#core.dispatch(action); } catch (error) {
      if (!/takes at once/.test(error.message)) throw error;
      throw new TypeError(`the action is too long: ${error.message}`, { cause: error });
    }
    this.#add(entry);
    if (entry.timestamp !== null) this.#together?.wrote(entry.timestamp);
    this.#continue(true);
    if (this.#isReplaying) this.#notify(); // it is on top of the state already
    if (entry.timestamp !== null && !(this.#frontier && compareEntries(entry, this.#frontier) < 0)) {
      this.#frontier = entry; // it is shown at once
    }
    this.#saving.save();
    this.#together?.news();
    this.#moved();
    return { action: entry.action, timestamp: entry.timestamp, source: entry.source };
  }

  /** Whether the server is known to refuse it. */
  #checkLength(action) {
    if (this.#serverLimit === Infinity) return;
    const text = JSON.stringify(action);
    if (text === undefined) throw new TypeError('the action is not an object');
    // The stamp of an action has fewer than 20 digits.
    const line = `[${text},${'9'.repeat(16)},${JSON.stringify(this.source)}]`;
    if (line.length * 3 > this.#serverLimit && byteLength(line) > this.#serverLimit) {
      throw new TypeError(
        `the action is too long: ${byteLength(line)} bytes, and the server refused ${this.#serverLimit + 1}`);
    }
  }

  /** Replaces the reducer; everything is reduced again from the start. */
  replaceReducer(reducer) {
    if (this.#reducing) throw new Error('a reducer may not replace itself');
    this.#options.reducer = reducer;
    this.#core.replaceReducer(this.#reducer(reducer), this.#options.initialState);
    this.#continue(true);
    this.#notify();
  }

  /** Resolves when every own action is saved, and with everybody's log what others did, or it is known why not. */
  async flush() {
    await this.#saving.flushed();
    await this.#together?.kept();
  }

  /** Resolves when this peer has what the server has, and the server has confirmed the other way round. */
  synced() {
    if (this.#lateTimer === null && this.status().phase === 'in-sync') return Promise.resolve();
    return new Promise((resolve) => this.#syncWaiters.push(resolve));
  }

  // ---- what the server does not take

  #dismissed = 0;

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
    for (const { source, timestamp } of this.#aside.splice(0)) {
      this.#dismissed -= 1;
      this.#saving.add({ source, timestamp, line: setAsideLine(null) });
    }
    this.#saving.save();
    this.#notifyStatus();
  }

  /** Whether it is ours to take back: written by this page, or left by a closed one. */
  #isOfThisBrowser(entry) { return entry.source === this.source || entry.isInherited === true; }

  #find(timestamp, source) {
    return this.#entries.findLast((entry) => entry.timestamp === timestamp && entry.source === source);
  }

  /** Sets an action of this browser aside, for good. */
  #takeBack(entry, reason) {
    if (entry.isSetAside || !this.#core.setAside(entry.number)) return;
    const { action, timestamp, source, number } = entry;
    const record = {
      action, timestamp, source, number, reason, line: setAsideLine([action, timestamp, source], reason),
    };
    this.#aside.push(record);
    if (source === this.source) this.#together?.forget(timestamp);
    this.#leave(entry);
    this.#saving.drop(record);
    this.#saving.add(record);
    this.#saving.save();
    this.#report('set-aside', `the action ${timestamp}@${source} is set aside: ${reason}`);
    this.#continue(true);
    this.#notify();
  }

  /** The server has it after all: the link broke after it had arrived. */
  #putBack(entry) {
    const { timestamp, source, number } = entry;
    if (!this.#aside.some((record) => record.number === number)) this.#dismissed += 1; // it is no longer
    this.#aside = this.#aside.filter((record) => record.number !== number);
    this.#enter(entry);
    this.#saving.drop({ source, timestamp });
    this.#saving.add({ source, timestamp, number });
    this.#saving.save();
    this.#report('set-aside', `the server has ${timestamp}@${source}, so it is in the state again`);
  }

  /** The server closed because a message was too long. It was then at least the longest of those under way. */
  #refusedLength(link) {
    const { size, line } = link.longest();
    this.#suspicion += 1; // the wait grows, in case it is not over with this one
    if (line === null) {
      this.#lost(link, `the server takes no header of ${size} bytes`, true);
      return;
    }
    this.#serverLimit = Math.min(this.#serverLimit, size - 1);
    this.#leaveOut(line, tooLong(size));
    this.#lost(link, `the server takes no message of ${size} bytes`);
  }

  /** A link broke while updates were under way. If that goes on, one of them may be the cause: find it. */
  #suspect(link) {
    // That the tab which leads has gone says nothing of what was sent to it.
    if (this.#isFollower || !link.progress()?.hasHeardHeader || !link.isAwaiting) return;
    this.#suspicion += 1;
    const lines = link.inFlight.flatMap((block) => block.lines);
    if (!link.isCareful || lines.length !== 1) return;
    const [, timestamp, source] = JSON.parse(lines[0]);
    const stamp = `${timestamp}@${source}`;
    const blame = (this.#blame.get(stamp) ?? 0) + 1;
    if (blame >= BOUNDS.blame) this.#leaveOut(lines[0], 'the connection broke each time it was sent');
    else this.#blame = new Map([[stamp, blame]]);
  }

  #leaveOut(line, reason) {
    const [, timestamp, source] = JSON.parse(line);
    const entry = this.#find(timestamp, source);
    if (!entry) return;
    if (this.#isOfThisBrowser(entry)) { this.#takeBack(entry, reason); return; }
    // An update of somebody else is not ours to leave out: its source waits, until the server has it from elsewhere.
    this.#core.withhold(entry.number);
    this.#report('withheld', `the server does not take ${timestamp}@${source}; what follows of its source waits`);
  }

  // ---- what happens in the core

  #happened(name, ...values) {
    switch (name) {
      case 'accepted': this.#accepted(...values); break;
      case 'save': this.#save(...values); break;
      case 'putBack': this.#putBack(values[0]); this.#hasNews = true; break;
      case 'header': this.#heardHeader(values[0]); break;
      case 'synced': case 'history': break; // asked for with `progress`
      case 'presence': this.presence.changed(); break;
      case 'close': {
        const link = [this.#link, ...this.#others].find((one) => one?.isSession(values[0]));
        if (link) this.#ended(link, values[1], {});
        break;
      }
      case 'setAside': {
        const [, timestamp, source, session] = values;
        const entry = this.#find(timestamp, source);
        if (!entry || !this.#link?.isSession(session)) break;
        const size = byteLength(this.#core.lines(entry.number, 1)[0] ?? '');
        this.#takeBack(entry, size > this.#serverLimit ? tooLong(size) : 'refused by the server');
        break;
      }
      case 'refused':
        if (this.#isRestoring) this.#report('storage', 'a stored action is damaged and was left out');
        else this.#report('refused', String(values[0]));
        break;
      case 'equivocation':
        this.#report('equivocation', `two different actions ${values[1]}@${values[2]}; the first is kept`);
        break;
      case 'missingOwn':
        this.#report('identity', `the peer knows our actions up to ${values[1]}, which are not here`);
        break;
      case 'missed': this.#report('refused', `and ${values[0]} more`); break;
      case 'reducer': this.#reducerFailed(...values); break;
      default: break; // 'cutOff' comes with 'close'
    }
  }

  #reducerFailed(error, { action, timestamp, source }) {
    const isHinted = this.#options.development && error instanceof TypeError;
    const words = `${error}${isHinted ? ' (in development state and actions are frozen)' : ''}`;
    this.#report('reducer', `the reducer failed for ${action.type} ${timestamp}@${source}: ${words}`);
  }

  #accepted(first, count) {
    for (let number = first; number < first + count; number++) {
      const entry = this.#core.entry(number);
      if (this.#isRestoring) entry.isInherited = !this.#isRestoringLog;
      this.#add(entry);
      if (entry.source === this.source) this.#together?.wrote(entry.timestamp);
      if (!this.#frontier || this.#isRestoring || compareEntries(entry, this.#frontier) > 0) continue;
      entry.isLate = true;
      if (this.#late.length === 0) this.#before = this.#core.state;
      this.#late.push(entry);
    }
    this.#hasNews = true;
    if (!this.#isRestoring) this.#together?.news();
  }

  /** The last entry of the state that was shown, and those that came later and belong before it. */
  #frontier = null; #late = []; #before = undefined; #hasNews = false;

  #save(token, first, count) {
    if (this.#isRestoring) return; // from the storage
    for (let number = first; number < first + count; number++) {
      const entry = this.#core.entry(number) ?? { source: this.source, timestamp: Infinity, number };
      if (entry.source === this.source) this.#saving.add(entry, token);
    }
    this.#hasOwnNews = true;
  }

  #hasOwnNews = false;

  /**
   * Folds what was accepted, a slice at a time, and tells everyone at the end. What is late waits a moment for what
   * comes right behind it, unless it is to be done now.
   */
  #continue(isNow = false) {
    if (this.#isSliceDue) { this.#isReplaying = true; return; }
    const isLate = this.#core.number('isLevel') === 0;
    if (isLate && !isNow && !this.#isReplaying) {
      this.#lateTimer ??= this.#timers.setTimeout(() => { this.#lateTimer = null; this.#continue(true); this.#moved(); }, 0);
      return;
    }
    if (this.#lateTimer !== null && !isNow) return;
    if (this.#core.fold(BOUNDS.slice) > 0) {
      this.#isReplaying = this.#isSliceDue = true;
      this.#nextTask(() => {
        this.#isSliceDue = false;
        if (this.#core.fault) return;
        this.#continue(true);
        this.#moved();
      });
      return;
    }
    this.#isReplaying = false;
    this.#timers.clearTimeout(this.#lateTimer);
    this.#lateTimer = null;
    const frontier = this.#frontier;
    this.#frontier = this.#ordered().at(-1) ?? null;
    this.#notify();
    if (this.#late.length > 0) this.#tellRewind(frontier);
  }

  #tellRewind(frontier) {
    const late = this.#late.splice(0).filter((entry) => !entry.isSetAside).sort(compareEntries);
    const before = this.#before;
    this.#before = undefined;
    if (late.length === 0 || this.#rewindSubscribers.size === 0) return;
    const isLate = new Set(late);
    const ordered = this.#ordered();
    let again = 0;
    for (let index = ordered.length - 1; index >= 0 && ordered[index] !== late[0]; index--) {
      if (!isLate.has(ordered[index]) && compareEntries(ordered[index], frontier) <= 0) again += 1;
    }
    const event = {
      late: late.map(({ action, timestamp, source }) => ({ action, timestamp, source })), again, before,
      after: this.#core.state,
    };
    callAll(this.#rewindSubscribers, event, (error) => this.#report('subscriber', String(error)));
  }

  /** What a call of the core may have changed: there may be something to fold, to save, to send, and to tell. */
  #moved() {
    if (!this.#core.fault) {
      if (this.#hasOwnNews) { this.#hasOwnNews = false; this.#saving.save(); }
      this.#link?.pump();
      for (const link of this.#others) link.pump();
      this.presence.tell();
    }
    this.#settle();
  }

  /** Tells those who wait for `synced()`. */
  #settle() {
    if (this.#core.fault) { this.#notifyStatus(); return; }
    this.#together?.moved();
    if (this.#link && (this.#syncWaiters.length > 0 || this.#suspicion > 0 || this.#syncedAt === null)) {
      if (this.#syncedAt === null && this.#link.progress()?.hasReceivedSync) {
        this.#syncedAt = this.#now();
        // Asked again now: the first answer may have been counted before this link was.
        if (!this.#isFollower) this.#statistics.ask();
      }
      if (this.status().phase === 'in-sync') {
        this.#suspicion = 0;
        // What is late is in the history, and in the state in a moment.
        if (this.#lateTimer === null) for (const resolve of this.#syncWaiters.splice(0)) resolve();
      }
    }
    this.#notifyStatus();
  }

  // ---- the connection, from outside

  /** Whether the peer tries to be connected; with tabs, the offline switch of this browser. */
  get isOnline() { return this.#together?.hasTabs ? this.#together.isOnline : this.#wanted; }

  /** Connects, and again after every loss, until `goOffline`; with tabs, all of them. */
  goOnline() {
    if (this.#together?.hasTabs && !this.#closed) this.#together.setOnline(true);
    else this.#dial();
  }

  /** Leaves; own actions wait. With tabs, all leave, and stay in touch with each other. */
  goOffline() {
    if (this.#together?.hasTabs && !this.#closed) this.#together.setOnline(false);
    else this.#hangUp();
  }

  /**
   * Takes the part of this tab in its browser, and goes online if it may. Only for a peer that was made with
   * `together`; `open` calls it.
   */
  join() {
    return this.#together.start({
      core: this.#core, status: () => this.status(), accept: (socket) => this.accept(socket),
      serverSession: () => (this.#isFollower ? 0 : this.#link?.session ?? 0),
      dial: (isWanted, isAnew) => {
        if (isAnew || !isWanted) this.#hangUp(); // the tab that leads may be another one, or the server be dialled
        if (isWanted) this.#dial();
      },
      changed: () => this.#settle(),
    });
  }

  get #isFollower() { return this.#together?.isFollower === true; }

  #dial() {
    if (this.#closed || this.#core.fault || (this.#wanted && (this.#link || this.#attempt === 0))) return;
    this.#wanted = true;
    this.#attempt = 0;
    this.#timers.clearTimeout(this.#retryTimer);
    this.#connect();
  }

  #hangUp() {
    this.#wanted = false;
    this.#timers.clearTimeout(this.#retryTimer);
    this.#attempt = 0;
    this.#drop();
    this.#notifyStatus();
  }

  /**
   * Talks over a socket that somebody else has opened: a WebSocket, or what looks like one (`send`, `close`,
   * `bufferedAmount`, and the four handlers). So peers in one page, or tabs of one browser, talk with each other.
   */
  accept(socket) {
    if (this.#closed) throw new Error('the peer is closed');
    if (this.#core.fault) throw this.#core.fault;
    const link = new Link(this.#host, { isDialled: false });
    this.#others.add(link);
    link.attach(socket);
  }

  /**
   * Resolves when the server has said what it has (true), or when the dial fails or `limit` ms are over (false).
   * What is dispatched before that, by a page that has nothing yet, sorts before everybody's history.
   */
  headerReceived(limit) {
    if (this.#closed || !this.#link) return Promise.resolve(false);
    if (this.#link.progress()?.hasHeardHeader) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#timers.setTimeout(() => resolve(false), limit);
      this.#headerWaiters.push((isHere) => { this.#timers.clearTimeout(timer); resolve(isHere); });
    });
  }

  /** Ends the peer for good and gives up its source, so that the next page of this tab can have it. */
  close() {
    if (this.#closed) return;
    for (const resolve of this.#headerWaiters.splice(0)) resolve(false);
    this.presence.close(); // while there is a connection to say it over
    this.#hangUp();
    this.#endOthers();
    this.#closed = true;
    this.#stopListening();
    this.#together?.close();
    this.#timers.clearTimeout(this.#lateTimer);
    // Whoever writes as this source again must know every stamp that may have left this page.
    const { isClean } = this.#saving;
    const last = this.#entries.reduce((newest, entry) => (
      entry.source === this.source ? Math.max(newest, entry.timestamp) : newest
    ), 0);
    this.#saving.close(last > 0);
    this.#options.release?.(isClean, last);
  }

  /** Hands the browser's own signs of connection to the peer. */
  listen(window) {
    const back = () => {
      if (this.#link?.isOpen) { this.wake(); return; }
      if (!this.#wanted || !this.#mayDial()) return;
      this.#drop();
      this.#attempt = 1;
      this.#dial();
    };
    const gone = () => { if (this.#link && !this.#isFollower) this.#lost(this.#link, 'the browser is offline'); };
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
    if (this.#saving.isFailing) this.#saving.comeBack();
    this.presence.repeat();
    if (!this.#wanted) return;
    if (this.#link?.isOpen) this.#link.wake();
    else if (!this.#link && this.#mayDial()) {
      this.#timers.clearTimeout(this.#retryTimer);
      this.#connect();
    }
  }

  /** Events may come many at a time; the server is not to be dialled as often. */
  #mayDial() { return Math.abs(this.#now() - this.#dialledAt) >= BOUNDS.backOffFirst; }

  // ---- the connection, inside

  async #connect() {
    this.#attempt += 1;
    this.#dialledAt = this.#now();
    const link = this.#link = new Link(this.#host, {
      isCareful: this.#suspicion >= BOUNDS.suspicion, longestLine: this.#serverLimit,
    });
    this.#syncedAt = null;
    this.#notifyStatus();
    await this.#saving.inherit();
    if (this.#link !== link) return;
    try {
      const Socket = this.#together?.WebSocket ?? this.#options.WebSocket ?? globalThis.WebSocket;
      link.attach(new Socket(this.#options.url));
    } catch (error) {
      this.#lost(link, String(error));
      return;
    }
    link.dialTimer = this.#timers.setTimeout(() => {
      if (!link.isOpen) this.#lost(link, 'the connection took too long');
    }, BOUNDS.connectTimeout);
    if (link.isOpen) this.#timers.clearTimeout(link.dialTimer);
  }

  #opened(link) {
    if (link !== this.#link) return;
    this.#timers.clearTimeout(link.dialTimer);
    if (!this.#isFollower) this.#statistics.start();
  }

  #heard(link) {
    if (this.#hasNews) {
      this.#hasNews = false;
      this.#continue();
    }
    if (link === this.#link || this.#others.has(link)) this.#moved();
  }

  /** The core has waited for something, and gone on. */
  #afterTimer() {
    if (this.#closed || this.#core.fault) return;
    if (this.#hasNews) {
      this.#hasNews = false;
      this.#continue();
    }
    this.#moved();
  }

  #heardHeader(session) {
    if (!this.#link?.isSession(session)) return;
    for (const resolve of this.#headerWaiters.splice(0)) resolve(true);
    if (this.#isFollower) return; // what the tab that leads has may be nowhere else
    this.#saving.retire((source) => (this.#core.fault ? 0 : this.#core.known(session, source)));
  }

  /** A link has ended, whatever the reason. */
  #ended(link, reason, { isRefused = false, code }) {
    if (this.#others.delete(link)) {
      if (reason) this.#report('connection', reason);
      link.end();
      this.#afterEnd();
      return;
    }
    if (!link || link !== this.#link) return;
    if (code === 1009) { this.#refusedLength(link); return; }
    if (reason === null || isRefused) this.#suspect(link);
    this.#lost(link, reason, isRefused);
  }

  /** The core has stopped: nobody is talked to any more, and what waits to be saved still is. */
  #stopped(fault) {
    this.#report('core', fault.message);
    for (const resolve of this.#headerWaiters.splice(0)) resolve(false);
    this.#endOthers();
    this.goOffline();
  }

  #endOthers() {
    for (const link of this.#others) link.end();
    this.#others.clear();
  }

  /** Forgets the link to the server and closes its socket. */
  #drop() {
    const link = this.#link;
    if (!link) return;
    this.#link = null;
    this.#timers.clearTimeout(link.dialTimer);
    this.#statistics.stop();
    link.end();
    this.#afterEnd();
  }

  /** What was held of a history counts once its link has ended. */
  #afterEnd() {
    if (!this.#hasNews || this.#core.fault) return;
    this.#hasNews = false;
    this.#continue();
    this.#moved();
  }

  /** A link ended without our wish: try again later. */
  #lost(link, reason, isRefused = false) {
    if (!link || link !== this.#link) return;
    if (reason) this.#report('connection', reason);
    for (const resolve of this.#headerWaiters.splice(0)) resolve(false);
    const wasUseful = this.#suspicion === 0 && this.#syncedAt !== null
      && this.#now() - this.#syncedAt >= BOUNDS.usefulAfter;
    this.#drop();
    if (this.#wanted) {
      if (wasUseful || this.#isFollower) this.#attempt = 0; // the tab that leads is near
      const longest = isRefused ? BOUNDS.backOffLast
        : Math.min(BOUNDS.backOffLast, BOUNDS.backOffFirst * 2 ** Math.min(this.#attempt, 10));
      const delay = longest * (0.5 + this.#random() / 2);
      this.#attempt = Math.max(this.#attempt, 1);
      this.#retryTimer = this.#timers.setTimeout(() => { if (this.#wanted && !this.#link) this.#connect(); }, delay);
    }
    this.#notifyStatus();
  }

  // ---- what is in the storage

  /** Takes stored lines into the history; those of other sources are passed on like anybody's. */
  #restore(records) {
    const sorted = records.filter(({ timestamp }) => timestamp !== 0).sort(compareEntries);
    this.#asInherited(() => {
      const lines = this.#linesOf(sorted);
      if (lines.length > 0) this.#core.restore(lines);
    });
    this.#afterRestoring(sorted);
  }

  /** Takes lines of the stored log into the history: what others did, as if the server had told it. */
  #restoreLog(lines) {
    this.#isRestoringLog = true;
    this.#asInherited(() => { if (lines.length > 0) this.#core.restore(lines); });
    this.#isRestoringLog = false;
  }

  /** Takes up what closed tabs have left, while sessions may be open. */
  #takeUp(records) {
    if (this.#core.fault || this.#closed) return;
    this.#asInherited(() => {
      // One at a time: a damaged one ends the session, and the others are to come all the same.
      const open = () => this.#core.openSession({ probes: false });
      let session = open();
      for (const line of this.#linesOf(records)) {
        if (this.#core.receive(session, line)) continue;
        this.#report('storage', 'a stored action is damaged and was left out');
        session = open();
      }
      this.#core.closed(session);
    });
    this.#afterRestoring(records);
    this.#moved();
  }

  #asInherited(body) {
    this.#isRestoring = true;
    try { body(); } finally { this.#isRestoring = false; }
  }

  /** The lines of records, also of those that were set aside: their stamps are used. */
  #linesOf(records) {
    const lines = [];
    for (const { line } of records) {
      const record = substitute(line);
      if (record?.setAside) lines.push(JSON.stringify(record.setAside));
      else if (!record || !('setAside' in record)) lines.push(String(line));
    }
    return lines;
  }

  #afterRestoring(records) {
    this.#hasNews = false;
    for (const source of new Set(records.map((record) => record.source))) {
      if (source !== this.source) this.#core.adopt(source);
    }
    for (const { source, timestamp, line } of records) {
      const record = substitute(line);
      if (record?.setAside === null) this.#core.use(timestamp, source); // it was dismissed
      const entry = record?.setAside ? this.#find(timestamp, source) : undefined;
      if (!entry || entry.isSetAside || !this.#core.setAside(entry.number)) continue;
      const { action, number } = entry;
      this.#aside.push({ action, timestamp, source, number, reason: String(record.reason), line });
      this.#leave(entry);
    }
    this.#continue(true);
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

/** What the storage holds in place of an action, if it does. */
function substitute(line) {
  return String(line).startsWith('{') ? allowed(() => JSON.parse(line)) : undefined;
}

export { open } from './opening.js';
export { BOUNDS, CoreError, IndexedDBStorage, MemoryStorage, claimSource, freshSource, load };
