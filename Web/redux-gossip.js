// SPDX-License-Identifier: MIT
//
// The peer behind a Redux store. The core folds. To show a new state, a marked action is dispatched to the inner
// store, whose reducer, `lifted`, answers with the core's state and keeps it in the mark. Until the core is loaded,
// actions are folded here and queued for it.
import { Core } from './core.js';
import {
  ask, copyOf, freezeDeeply, History, INIT, isGossipType, Mark, Preparation, stamp, stamped,
} from './redux-actions.js';
import { Link } from './redux-link.js';

export const BOUNDS = {
  early: 10_000, // actions that wait for the core to be loaded
  unready: 10_000, // own actions that wait to be signed or verified
  complaints: 100, // errors that are written to the console
  slice: 12, // ms of folding in one task
  impatience: 100, // ms after which actions are folded even if more are arriving
};

const REPLAYED = '@@scuttlebutt/REPLAYED'; // announces a state that is due to no single action
const LOCAL = '@local'; // stands, in the core, for a local action, which remains an object of the page

/** Runs `body` in a new task, without the 4 ms that browsers put between nested timers. */
const inNextTask = globalThis.setImmediate ?? (() => {
  const { port1, port2 } = new MessageChannel();
  const bodies = [];
  port1.onmessage = () => bodies.shift()();
  return (body) => { bodies.push(body); port2.postMessage(null); };
})();

/** Bundlers replace `process.env.NODE_ENV`; without one, a page served from this machine is in development. */
function isInDevelopment() {
  try {
    return process.env.NODE_ENV !== 'production';
  } catch {
    return ['localhost', '127.0.0.1', '[::1]'].includes(globalThis.location?.hostname);
  }
}

/** A new source for this page, in the original's form. */
function newSource() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(20));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 39).toUpperCase();
}

/** A new object with the same parts, so that a reducer's changes inside them are noticed. */
function shallowCopy(state) {
  if (Array.isArray(state)) return state.slice();
  const isPlain = typeof state === 'object' && state !== null && Object.getPrototypeOf(state) === Object.prototype;
  return isPlain ? { ...state } : state;
}

/** The peer behind a store: `store.scuttlebutt`. */
export class Gossip {
  #options; #dispatcher; #reducer; #initialState; #copy; #view; #isFreezing; #preparation; #custom;
  #store; #core = null; #loading = null; #link = null; #fault = null; #isClosed = false;
  #base; #early; #queue = []; #locals = []; #replaced = null; #isReducing = false;
  #arrived = []; #isBehind = false; #isReplaying = false; #isScheduled = false; #isSending = false; #foldedAt = 0;
  #history = new History(); #listed = 0; #newest = new Map(); #complaints = 0; #failed = new WeakSet();

  constructor(options, reducer, initialState) {
    const { copy = null, view = copy ? shallowCopy : (state) => state, source = newSource() } = options;
    this.#options = options;
    this.#dispatcher = { isGossipType, ...options.dispatcherOptions };
    this.#reducer = reducer;
    this.#initialState = initialState;
    this.#copy = copy;
    this.#view = view;
    this.#isFreezing = options.freeze ?? isInDevelopment();
    this.#preparation = this.#makePreparation();
    this.source = source;
    this.io = null;
  }

  #makePreparation() {
    const { signAsync, verifyAsync } = this.#dispatcher;
    if (!signAsync && !verifyAsync) return null;
    return new Preparation({
      sign: signAsync && ((callback, action) => this.#ask('signAsync', callback, action)),
      verify: verifyAsync && ((callback, action) => (
        this.#ask('verifyAsync', callback, stamped(action, undefined, this.source)))),
      done: (action) => {
        try { this.#own(action); } catch (error) { this.#complain('while an action was dispatched', error, action); }
      },
    });
  }

  /** Whether each action is shown, or only the last of those that arrived together. */
  get #isOneByOne() { return 'customDispatch' in this.#dispatcher; }

  /** The inner store's reducer. Developer tools may call it again with actions that they have kept. */
  lifted = (state, action) => {
    const mark = Mark.of(action.meta) ?? Mark.of(action);
    // With another type it is a new action that middleware has derived from one of ours.
    if (mark?.type === action.type) {
      if (!mark.isShown) {
        const next = mark.isLocal ? this.#foldLocal(action) : this.#view(this.#current);
        Object.assign(mark, { isShown: true, state: next });
      }
      return mark.state;
    }
    if (!this.#store) return this.#view(this.#early = this.#base = this.#begin(action));
    if (typeof action.type === 'string' && /^@@(redux\/|INIT$)/.test(action.type)) { // Redux's own, and its tools'
      return this.#replaced ? this.#replaced.state : this.#reducer(state, action);
    }
    return this.#foldLocal(action);
  };

  enhance(store) {
    this.#store = store;
    const custom = this.#dispatcher.customDispatch;
    // The original's customDispatch functions use these three.
    this.#custom = custom ? custom({
      _reduxDispatch: (action) => this.#show(action),
      _reduxGetState: () => this.history(),
      _historyReducer: (history) => history,
    }) : null;
    this.ready = this.#open();
    const guard = (name) => (...values) => {
      if (this.#isReducing) throw new Error(`a reducer may not call store.${name}()`);
      return store[name](...values);
    };
    return {
      ...store,
      scuttlebutt: this,
      getState: guard('getState'),
      subscribe: guard('subscribe'),
      dispatch: (action) => this.#dispatch(action),
      replaceReducer: (reducer) => this.#replaceReducer(reducer),
    };
  }

  // ---------------------------------------------------------------------------------------------------- loading

  async #open() {
    try {
      const core = Core.open({
        module: this.#options.module, source: this.source, copy: this.#copy,
        reducer: (state, action, entry) => this.#reduce(state, action, entry),
        onEvent: (...event) => this.#happened(...event),
        timers: { setTimeout: (body, delay) => setTimeout(() => this.#unlessItStops(body), delay) },
      });
      core.catch(() => {}); // awaited below
      await this.#connect();
      await this.#handOver(await core);
      return true;
    } catch (error) {
      this.#stop(error);
      return false;
    }
  }

  /** Connects at once if there is a Primus, as the original does, or else loads ours first. */
  #connect() {
    const { location } = globalThis;
    const { primus, primusOptions = {}, uri = location && `${location.protocol}//${location.host}` } = this.#options;
    const begin = (Primus) => {
      if (this.#isClosed) return;
      this.io = Primus.connect(uri, primusOptions);
      this.#link = new Link(this.io, {
        work: () => this.#schedule(),
        verify: this.#dispatcher.verifyAsync ? (entry, callback) => this.#verify(entry, callback) : null,
      });
    };
    if (primus ?? globalThis.Primus) return begin(primus ?? globalThis.Primus);
    if (primus !== undefined || !uri) return undefined; // nothing to connect to
    return import('./primus.js').then(({ default: Primus = globalThis.Primus }) => begin(Primus));
  }

  /** Passes the queued actions to the core, in slices. */
  async #handOver(core) {
    this.#loading = core;
    const hadActions = this.#queue.length > 0;
    let end = performance.now() + BOUNDS.slice;
    for (let first = 0; first < this.#queue.length; first++) {
      const { action, isLocal } = this.#queue[first];
      try {
        if (isLocal) this.#local(core, action);
        else this.#write(core, action);
      } catch (error) {
        this.#complain('an action cannot be sent and is left out', error, action);
      }
      if (performance.now() > end) {
        await new Promise(inNextTask);
        end = performance.now() + BOUNDS.slice;
      }
    }
    this.#queue = [];
    this.#early = undefined;
    this.#core = core;
    this.#loading = null;
    if (hadActions) this.#isReplaying = true; // they have their stamps now
    this.#link?.start(core);
    this.#schedule();
  }

  #stop(error) {
    if (this.#fault) return;
    this.#fault = error;
    console.error('scuttlebutt: this page works alone from now on:', error);
    this.#queue = [];
    this.#early = this.#current;
    this.#core = null;
    this.close();
  }

  /** Ends the connection for good; the store works alone from then on. */
  close() {
    this.#isClosed = true;
    this.#link?.close();
  }

  // ---------------------------------------------------------------------------------------------------- folding

  /** The state before the first action. */
  #begin(action = INIT) {
    const isCopied = this.#copy && this.#initialState !== undefined;
    return this.#call(isCopied ? this.#copy(this.#initialState) : this.#initialState, action);
  }

  #call(state, action) {
    this.#isReducing = true;
    try {
      const next = this.#reducer(state, action);
      if (next !== undefined) return next;
      if (this.#copy && state !== undefined) return state; // it has changed its argument
      throw new TypeError('the reducer returned undefined');
    } finally {
      this.#isReducing = false;
    }
  }

  /** The reducer that the core calls. */
  #reduce(state, action, entry) {
    if (entry.timestamp !== null) return this.#call(state, this.#prepare(action, entry.timestamp, entry.source));
    if (action.type === LOCAL) return this.#call(state, this.#locals[action.n]);
    return this.#copy ? this.#begin() : this.#base;
  }

  /** Stamps an action of the core, once: it may be folded many times. */
  #prepare(action, timestamp, source) {
    if (Mark.of(action)) return action;
    new Mark(action, true);
    action.meta ??= {};
    stamp(action.meta, timestamp, source);
    return this.#isFreezing ? freezeDeeply(action) : action;
  }

  /** Folds an action while the core is not loaded. */
  #foldEarly(action, isLocal) {
    if (!this.#fault && this.#queue.length >= BOUNDS.early) {
      throw new RangeError(`${BOUNDS.early} actions wait for the peer's core to be loaded`);
    }
    if (!isLocal) this.#prepare(action, undefined, this.source);
    if (!this.#fault) this.#queue.push({ action, isLocal });
    try {
      this.#early = this.#call(this.#early, action);
    } catch (error) {
      this.#reducerFailed(error, action);
    }
  }

  get #current() { return this.#core ? this.#core.state : this.#early; }

  // ------------------------------------------------------------------------------------------------ own actions

  #dispatch(action) {
    if (this.#isReducing) throw new Error('a reducer may not dispatch');
    const isShared = typeof action?.type === 'string' && this.#dispatcher.isGossipType(action.type);
    if (!isShared) return this.#dispatchLocal(action);
    if (!this.#preparation) {
      this.#own(action);
    } else {
      if (this.#preparation.count >= BOUNDS.unready) {
        throw new RangeError(`${BOUNDS.unready} actions wait to be signed or verified`);
      }
      this.#preparation.add(action);
    }
    return action;
  }

  #own(action) {
    if (!this.#core) {
      const copy = copyOf(action);
      this.#foldEarly(copy, false);
      this.#deliver(stamped(copy, undefined, this.source));
      return;
    }
    let entry;
    try {
      entry = this.#write(this.#core, action);
    } catch (error) {
      if (this.#core.fault) this.#stop(error);
      throw error;
    }
    this.#sendSoon();
    this.#deliver(stamped(entry.action, entry.timestamp, entry.source));
  }

  #write(core, action) {
    const entry = core.dispatch(action, { isShared: action.type.startsWith('@') });
    if (this.#dispatcher.verifyAsync) this.#newest.set(entry.source, entry.timestamp);
    return entry;
  }

  /** Asks `signAsync` or `verifyAsync`. */
  #ask(name, callback, action) {
    ask(this.#dispatcher[name], action, () => this.history(), {
      answer: callback, failed: (error) => this.#complain(`${name} failed, so the action is left out`, error, action),
    });
  }

  /** Judges an action of another peer before the core sees it. */
  #verify({ action, timestamp, source }, callback) {
    // The core has it already and compares the two.
    if (this.#newest.get(source) >= timestamp) callback(true);
    else this.#ask('verifyAsync', callback, stamped(action, timestamp, source));
  }

  /** Reaches `lifted` through the middleware after this enhancer. */
  #dispatchLocal(action) {
    if (typeof action?.type !== 'string') return this.#store.dispatch(action);
    const copy = { ...action }; // the same object may be dispatched twice
    new Mark(copy, { type: action.type, isLocal: true, isShown: false, state: undefined });
    const result = this.#store.dispatch(copy);
    return result === copy ? action : result;
  }

  #local(core, action) {
    core.dispatch({ type: LOCAL, n: this.#locals.push(action) - 1 });
  }

  /** A local action keeps its place in the order when other actions are replayed. */
  #foldLocal(action) {
    if (this.#core) this.#local(this.#core, action);
    else this.#foldEarly(action, true);
    return this.#view(this.#current);
  }

  // ---------------------------------------------------------------------------------------------------- showing

  #deliver(action) {
    if (this.#custom) this.#custom(action);
    else this.#show(action);
  }

  /** Shows the newest state by dispatching this action to the inner store. */
  #show(action) {
    const mark = Mark.of(action.meta ?? action);
    if (mark) mark.isShown = false; // it is shown for a second time
    else new Mark(action.meta ?? action, { type: action.type, isLocal: false, isShown: false, state: undefined });
    this.#store.dispatch(action);
  }

  /** Shows what arrived, once all of it is folded. */
  #showArrived() {
    const arrived = this.#arrived;
    const isReplayed = this.#isReplaying;
    this.#arrived = [];
    this.#isReplaying = this.#isBehind = false;
    for (const number of arrived) {
      const { action, timestamp, source } = this.#core.entry(number);
      this.#unlessItThrows(() => this.#deliver(stamped(action, timestamp, source)));
    }
    if (isReplayed && arrived.length === 0) this.#unlessItThrows(() => this.#show({ type: REPLAYED }));
  }

  /** An error of a subscriber must not stop the peer. */
  #unlessItThrows(body) {
    try { body(); } catch (error) { console.error('scuttlebutt: while the state was shown:', error); }
  }

  #replaceReducer(reducer) {
    if (typeof reducer !== 'function') { this.#store.replaceReducer(reducer); return; } // Redux says what is wrong
    const before = [this.#reducer, this.#base];
    let isReplayed;
    try {
      this.#reducer = reducer;
      this.#base = this.#begin();
      const core = this.#core ?? this.#loading;
      isReplayed = !core || core.replaceReducer((state, action, entry) => this.#reduce(state, action, entry)) === 0;
    } catch (error) {
      [this.#reducer, this.#base] = before;
      throw error;
    }
    if (!this.#core) {
      this.#early = this.#copy ? this.#begin() : this.#base;
      for (const { action } of this.#queue) {
        try { this.#early = this.#call(this.#early, action); } catch (error) { this.#reducerFailed(error, action); }
      }
    }
    this.#isReplaying = !isReplayed;
    this.#replaced = isReplayed || !this.#core ? { state: this.#view(this.#current) } : null;
    this.#store.replaceReducer(this.lifted);
    this.#replaced = null;
    this.#schedule();
  }

  // ------------------------------------------------------------------------------------------------------ tasks

  #happened(kind, ...values) {
    if (kind === 'accepted') {
      const [first, count] = values;
      if (!this.#isBehind) this.#foldedAt = performance.now();
      this.#isBehind = true;
      if (this.#isOneByOne) for (let number = first; number < first + count; number++) this.#arrived.push(number);
      else this.#arrived = [first + count - 1];
      if (this.#dispatcher.verifyAsync) {
        for (let number = first; number < first + count; number++) {
          const { timestamp, source } = this.#core.entry(number);
          this.#newest.set(source, Math.max(timestamp, this.#newest.get(source) ?? 0));
        }
      }
    } else if (kind === 'reducer') {
      const [error, { action }] = values;
      this.#reducerFailed(error, action.type === LOCAL ? this.#locals[action.n] : action);
    } else if (kind === 'close') {
      this.#link.ended(values[0]);
    }
    this.#schedule();
    if (this.#options.onEvent) this.#unlessItThrows(() => this.#options.onEvent(kind, ...values));
  }

  #schedule() {
    if (this.#isScheduled || !this.#core || this.#fault) return;
    this.#isScheduled = true;
    inNextTask(() => {
      this.#isScheduled = false;
      this.#unlessItStops(() => { if (this.#work()) this.#schedule(); });
    });
  }

  /** Sends before this task ends, since the page may be left right after it. */
  #sendSoon() {
    this.#schedule(); // for whatever is not folded yet
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#unlessItStops(() => { if (this.#core) this.#link?.send(); });
    });
  }

  #unlessItStops(body) {
    try { body(); } catch (error) { this.#stop(error); }
  }

  /** One task: either receives or folds. Returns whether there is more to do. */
  #work() {
    const isImpatient = this.#isBehind && performance.now() - this.#foldedAt > BOUNDS.impatience;
    if (!isImpatient && this.#link?.receive()) { this.#link.send(); return true; }
    const isDone = this.#core.fold(BOUNDS.slice) === 0;
    this.#foldedAt = performance.now();
    if (isDone && (this.#isBehind || this.#isReplaying)) this.#showArrived();
    return this.#link?.send() || !isDone || isImpatient;
  }

  // ----------------------------------------------------------------------------------------------- what is known

  #reducerFailed(error, action) {
    if (this.#failed.has(action)) return; // it fails again in each replay
    this.#failed.add(action);
    this.#complain('the reducer failed, so the action has no effect', error, action);
  }

  #complain(what, error, action) {
    this.#complaints += 1;
    if (this.#complaints <= BOUNDS.complaints) console.error(`scuttlebutt: ${what}:`, error, action);
    if (this.#complaints === BOUNDS.complaints) console.error('scuttlebutt: further errors of this kind are not shown');
  }

  /** Why this page works alone, or null. */
  get fault() { return this.#fault; }

  /** How many own actions no peer is known to have. */
  get pending() {
    return (this.#preparation?.count ?? 0) + this.#queue.length + (this.#core?.number('pending') ?? 0);
  }

  /**
   * All actions in agreed order, as `[action, timestamp, source, snapshot]`, after a first element without a stamp.
   * Only the last has a snapshot, the state.
   */
  history() {
    const entries = [];
    for (let entry; (entry = this.#core?.entry(this.#listed)); this.#listed++) {
      if (entry.timestamp === null) continue; // a local action
      this.#prepare(entry.action, entry.timestamp, entry.source);
      entries.push(entry);
    }
    this.#history.add(entries);
    return this.#history.updates(this.#view(this.#current));
  }
}
