// SPDX-License-Identifier: MIT
//
// What developer tools show, computed from the public face of a peer; without a page. It reads the peer, folds its
// actions once more on its own, and never writes: whoever looks back, filters or compares changes nobody's log.
//
// Invariants: `order` has what is in the agreed order and `arrivals` everything in the order in which it came; the
// first `folded` of `order` have been reduced here, and `effect` of each says what came of it.
import { Checkpoints } from './devtools-checkpoints.js';
import { insert, placeOf } from './devtools-order.js';
import { Hash, canonical, differences, equal, hashOf, isUnchanged } from './devtools-values.js';

export const MODEL_BOUNDS = {
  portion: 500, // arrivals that are taken over at a time
  steps: 64, // actions that are reduced between two looks at the clock
  slice: 8, // ms of work at a time
  rewinds: 100, // that are remembered
  links: 100, // losses of a connection that are remembered
  types: 1_000, // types of actions that are counted apart; the others are one
  sources: 10_000, // sources whose time is counted apart
};

export const EFFECT = { unknown: 0, some: 1, none: 2, failed: 3 };

/** Takes all steps of something at once. */
export function finish(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const INIT = { type: '@@scuttlebutt/INIT' };
const isConnected = (phase) => ['catching-up', 'sending', 'in-sync'].includes(phase);

export class Model {
  arrivals = []; order = []; rewinds = [];
  reconnects = 0; losses = [];
  /** Number of actions from the front that have been reduced here. */
  folded = 0;
  /** Another number whenever the order is no longer only longer. */
  version = 0;
  #face; #peer; #now; #wallClock; #locals = 0; #checkpoints; #state; #initial; #reducer; #sources = new Map();
  #types = new Map();
  #aside = new Map();
  #asideKey = '';
  #listeners = new Set();
  #ends = [];
  #wasConnected;

  /** `peer` is a peer of `peer.js`, or a `Recording` of a bundle. `now` is for measuring, in ms. */
  constructor(peer, { now = () => performance.now(), wallClock = Date.now } = {}) {
    this.#peer = peer;
    this.#now = now;
    this.#wallClock = wallClock;
    this.source = peer.source;
    this.#begin();
    this.#wasConnected = isConnected(peer.status().phase);
    this.#ends.push(
      peer.subscribe(() => this.#tell()),
      peer.subscribeStatus((status) => this.#heardStatus(status)),
      peer.subscribeRewinds((event) => this.#rewound(event)),
    );
  }

  get peer() { return this.#peer; }

  /** Calls `listener` when there may be work to do or something new to show. Returns a function that ends it. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  }

  /** Lets go of the peer. */
  end() {
    for (const end of this.#ends.splice(0)) end();
    this.#listeners.clear();
  }

  #tell() { for (const listener of [...this.#listeners]) listener(); }

  #heardStatus({ phase }) {
    const is = isConnected(phase);
    if (this.#wasConnected && !is) {
      this.losses.push({ at: this.#wallClock(), phase });
      if (this.losses.length > MODEL_BOUNDS.links) this.losses.shift();
    }
    if (is && !this.#wasConnected && this.losses.length > 0) this.reconnects += 1;
    this.#wasConnected = is;
    this.#tell();
  }

  #rewound({ late, again, before, after }) {
    const sources = [...new Set(late.map(({ source }) => source))];
    this.rewinds.push({
      at: this.#wallClock(), late: late.length, again, sources, isSame: equal(before, after),
    });
    if (this.rewinds.length > MODEL_BOUNDS.rewinds) this.rewinds.shift();
    this.#tell();
  }

  // ---- taking over, and folding

  /** Begins to fold anew, as with another reducer. */
  #begin() {
    this.#face = this.#peer.inspect();
    this.#reducer = this.#face.reducer;
    if (typeof this.#reducer !== 'function') {
      throw new TypeError('the tools need a reducer in JavaScript, which they can run once more');
    }
    this.#checkpoints = new Checkpoints();
    this.#types.clear();
    this.#sources.clear();
    this.folded = 0;
    const { initialState } = this.#face;
    try {
      this.#initial = this.#face.reduce(initialState, INIT, { timestamp: null, source: null });
    } catch { this.#initial = initialState; }
    this.#state = this.#initial;
  }

  /**
   * Does about `limit` ms of what there is to do: takes over what arrived, and reduces. Returns whether there is
   * more. Call it again in another task while it says so.
   */
  work(limit = MODEL_BOUNDS.slice) {
    const end = this.#now() + limit;
    if (this.#peer.inspect().reducer !== this.#reducer) { this.#begin(); this.version += 1; }
    let isMore = true;
    do {
      isMore = this.#take();
    } while (isMore && this.#now() < end);
    if (isMore) return true;
    this.#leaveOut();
    while (this.folded < this.order.length) {
      this.#fold(MODEL_BOUNDS.steps);
      if (this.#now() >= end) break;
    }
    return this.folded < this.order.length;
  }

  #take() {
    const first = this.arrivals.length;
    const came = this.#face.arrivals(first, MODEL_BOUNDS.portion);
    if (came.length === 0) return false;
    const at = this.#wallClock();
    const batch = came.map(({ action, timestamp, source, after }, index) => {
      const isLocal = timestamp === null;
      const [by, from] = isLocal ? [after?.source ?? '', after?.timestamp ?? 0] : [source, timestamp];
      return {
        action, timestamp, source, at: from, by, local: isLocal ? ++this.#locals : 0, number: first + index, late: 0,
        effect: EFFECT.unknown, error: null, isAside: false, reason: null, seen: at,
      };
    });
    for (const entry of batch) this.arrivals.push(entry);
    this.#changedFrom(insert(this.order, batch));
    return true;
  }

  /** The peer has set actions aside, or taken them up again. */
  #leaveOut() {
    const aside = this.#peer.setAside();
    const key = aside.map(({ timestamp, source }) => `${timestamp}@${source}`).join(' ');
    if (key === this.#asideKey) return;
    this.#asideKey = key;
    this.#aside = new Map(aside.map((record) => [`${record.timestamp}@${record.source}`, record.reason]));
    for (const entry of this.arrivals) {
      const reason = this.#aside.get(`${entry.timestamp}@${entry.source}`);
      if ((reason !== undefined) === entry.isAside) continue;
      entry.isAside = reason !== undefined;
      entry.reason = reason ?? null;
      const place = placeOf(this.order, entry);
      this.#uncount(entry);
      if (entry.isAside) this.order.splice(place, this.order[place] === entry ? 1 : 0);
      else this.order.splice(place, 0, entry);
      this.#changedFrom(place);
    }
  }

  #changedFrom(place) {
    if (place >= this.folded) return;
    this.version += 1;
    const kept = this.#checkpoints.cut(place);
    this.folded = kept ? kept.place : 0;
    this.#state = kept ? kept.state : this.#initial;
  }

  #fold(count) {
    for (let step = 0; step < count && this.folded < this.order.length; step++) {
      const entry = this.order[this.folded];
      const before = this.#state;
      this.#uncount(entry);
      const start = this.#now();
      let after = before;
      try {
        after = this.#face.reduce(before, entry.action, { timestamp: entry.timestamp, source: entry.source });
        entry.effect = isUnchanged(before, after) ? EFFECT.none : EFFECT.some;
        entry.error = null;
      } catch (error) {
        entry.effect = EFFECT.failed;
        entry.error = String(error).slice(0, 500);
      }
      const took = this.#now() - start;
      this.#state = after;
      this.folded += 1;
      this.#count(entry, took);
      this.#checkpoints.add(this.folded, after);
    }
  }

  /** Counts what came of an action, by source and by type. */
  #count(entry, took) {
    const name = entry.source ?? '(here only)';
    if (this.#sources.has(name) || this.#sources.size < MODEL_BOUNDS.sources) {
      const sum = this.#sources.get(name) ?? { source: name, runs: 0, milliseconds: 0, effects: 0, failures: 0 };
      this.#sources.set(name, sum);
      sum.runs += 1;
      sum.milliseconds += took;
      sum.effects += Number(entry.effect === EFFECT.some);
      sum.failures += Number(entry.effect === EFFECT.failed);
    }
    const type = this.#typeOf(entry);
    const counts = this.#types.get(type) ?? { actions: 0, effects: 0 };
    this.#types.set(type, counts);
    counts.actions += 1;
    counts.effects += Number(entry.effect !== EFFECT.none);
  }

  #uncount(entry) {
    if (entry.effect === EFFECT.unknown) return;
    const counts = this.#types.get(this.#typeOf(entry));
    if (counts) {
      counts.actions -= 1;
      counts.effects -= Number(entry.effect !== EFFECT.none);
    }
    entry.effect = EFFECT.unknown;
  }

  #typeOf({ action }) {
    const type = String(action.type).slice(0, 200);
    return this.#types.has(type) || this.#types.size < MODEL_BOUNDS.types ? type : '(others)';
  }

  // ---- reading

  /** Whether no action of this type has had an effect so far: perhaps the reducer does not know it. */
  isUnknown(entry) {
    return entry.effect === EFFECT.none && this.#types.get(this.#typeOf(entry))?.effects === 0;
  }

  /** `[{ source, runs, milliseconds, effects, failures }]`, the one that took longest first. */
  timing() {
    return [...this.#sources.values()].sort(
      (a, b) => b.milliseconds - a.milliseconds || (a.source < b.source ? -1 : 1));
  }

  /** The state after the first `count` of `order`, as folded here, from the checkpoint before it (D5: nothing else). */
  stateAt(count) {
    if (!Number.isInteger(count) || count < 0 || count > this.order.length) {
      throw new RangeError(`there is no place ${count} among ${this.order.length} actions`);
    }
    const kept = this.#checkpoints.before(count);
    let state = kept ? kept.state : this.#initial;
    for (let place = kept ? kept.place : 0; place < count; place++) state = this.#after(state, this.order[place]);
    return state;
  }

  #after(state, { action, timestamp, source }) {
    try { return this.#face.reduce(state, action, { timestamp, source }); } catch { return state; }
  }

  /** What the action at a place did: `{ entry, before, after, items, isCut }`. */
  difference(place) {
    const entry = this.order[place];
    if (!entry) throw new RangeError(`there is no action ${place}`);
    const before = this.stateAt(place);
    const after = this.#after(before, entry);
    return { entry, before, after, ...differences(before, after) };
  }

  /** Runs the reducer once more on the newest state here, for views that try something ("what if"). */
  reduce(state, action, meta) { return this.#face.reduce(state, action, meta); }

  /** The state one further: after the action at a place, from the one before it. */
  stateAfter(before, place) { return this.#after(before, this.order[place]); }

  get initialState() { return this.#initial; }

  /** The place of an entry in the order, or -1. */
  placeOf(entry) {
    const place = placeOf(this.order, entry);
    return this.order[place] === entry ? place : -1;
  }

  /**
   * Whether the state here is the peer's: null while something waits. If not, the reducer made something else of the
   * same actions, so that it is not deterministic, or changes what it is given.
   */
  isFaithful() {
    if (this.folded < this.order.length || this.#face.arrivals(this.arrivals.length, 1).length > 0) return null;
    return equal(this.#state, this.#peer.getState());
  }

  /** Hashes: of stamps and actions up to `count`, and of the state there (null if there is none). */
  hashes(count = this.order.length) { return finish(this.hashing(count)); }

  /** The same in steps: yields while there is more. */
  * hashing(count = this.order.length) {
    const log = new Hash();
    for (let place = 0; place < count; place++) {
      log.add(this.lineAt(place));
      yield;
    }
    return { actions: count, log: log.toString(), state: hashOf(this.stateAt(count)) };
  }

  /** The action at a place with its stamp, as text that is the same for the same action. */
  lineAt(place) {
    const { action, timestamp, source } = this.order[place];
    return `[${canonical(action)},${timestamp},${JSON.stringify(source)}]\n`;
  }

  /**
   * Who has what, of the first `most` sources: `{ total, sources, rows: [{ name, values }] }`, one row for this peer
   * and one for each connection, with the newest timestamp of each source that it is known to have.
   */
  matrix(most = Infinity) {
    const clock = new Map(Object.entries(this.#peer.clock()));
    const sources = [...clock.keys()].sort().slice(0, most);
    const rows = [{ name: 'this peer', values: sources.map((source) => clock.get(source)) }];
    for (const [index, link] of this.#face.links().entries()) {
      const name = link.isDialled ? 'server' : `connection ${index + 1}`;
      rows.push({ name, values: sources.map((source) => link.known(source)) });
    }
    return { total: clock.size, sources, rows };
  }

  links() { return this.#face.links(); }

  // ---- filters

  /**
   * The entries that a filter lets through, in agreed order or in that of arrival. `text` is part of the type;
   * `source` the beginning of a source; `only` one of 'all', 'late', 'effect', 'no effect', 'unknown', 'failed', 'own',
   * 'aside'; `deny` and `allow` are regular expressions over types, of which allowing wins (D15).
   */
  filtered({ text = '', source = '', only = 'all', byArrival = false, deny = null, allow = null } = {}) {
    const all = byArrival || only === 'aside' ? this.arrivals : this.order;
    if (!text && !source && only === 'all' && !deny && !allow) return all;
    const wanted = text.toLowerCase();
    return all.filter((entry) => {
      const type = String(entry.action.type);
      if (wanted && !type.toLowerCase().includes(wanted)) return false;
      if (source && !entry.source?.startsWith(source)) return false;
      if (allow ? !allow.test(type) : deny?.test(type)) return false;
      return this.#is(entry, only);
    });
  }

  #is(entry, only) {
    switch (only) {
      case 'late': return entry.late > 0;
      case 'effect': return entry.effect === EFFECT.some;
      case 'no effect': return entry.effect === EFFECT.none;
      case 'unknown': return this.isUnknown(entry);
      case 'failed': return entry.effect === EFFECT.failed;
      case 'own': return entry.source === this.source;
      case 'aside': return entry.isAside;
      default: return true;
    }
  }
}

