// SPDX-License-Identifier: MIT
//
// The peer of `Sources/Scuttlebutt` and the history of `Sources/Rewind`, compiled to WebAssembly, as a class.
//
//   import { Core } from './core.js'
//   const core = await Core.open({ source, reducer: (state = 0, action) => state + 1 })
//   core.dispatch({ type: 'INCREMENT' })
//   const session = core.openSession()          // for each connection; then, whenever something happened:
//   while ((lines = core.pull(session))) socket.send(lines)
//
// Without `reducer`, the module has one in Swift, or several of which `model` names one: then `core.state` is read
// when it is asked for, and `core.view(name, arguments)` reads a part of it.
//
// Sessions, log, order, snapshots and codecs are Swift's; the reducer, its states and the connections are the
// page's. States stay in JavaScript: the module knows where they are (`#states`) and says when one is copied and
// when it is needed no more. Bytes go through two places in the module's memory that are valid until its next call,
// so nothing made of them outlives a method.

/** What `core.number(name)` knows, in the order of `core_number`; `core.d.ts` says what each is. */
const NUMBERS = ['actions', 'waiting', 'pending', 'setAside', 'sources', 'calls', 'snapshots', 'bytes', 'held',
  'isLevel', 'confirmed'];

/** What `core.session(session)` says, in the order of the bits of `core_session`. */
const SESSION = ['hasHeardHeader', 'hasReceivedSync', 'hasSentSync', 'answers', 'neverAnswers', 'hasUnconfirmed',
  'hasWithheld', 'hasWork'];

const VERSION = 1;
const INPUT_LIMIT = 2 ** 24; // bytes that the module takes at once
const PULL = 65_536; // bytes of lines that a pull gives, by default
const PORTION = 128; // actions that are folded between two looks at the clock, at most
const SLICE = 12; // ms of folding at a time, by default
const VIEWS = 64; // views whose values are kept, so that one which has not changed is the same object
const NOT_ALLOWED = 'this page allows no WebAssembly, which the peer needs: add \'wasm-unsafe-eval\' to the '
  + 'script-src of its Content-Security-Policy';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A fault of the peer's core: it cannot be loaded, or it has stopped. */
export class CoreError extends Error {
  name = 'CoreError';
}

let beside = null; // the module beside this file, for all that is opened in a page

/**
 * Loads and compiles the module, by default `core.wasm` beside this file, which is loaded once. `source` is an address,
 * the bytes, or what this function gave before.
 */
export function load(source) {
  if (source !== undefined) return compile(source);
  // Nothing is fetched from an address with a password in it, as the page's own may have it.
  const address = Object.assign(new URL('core.wasm', import.meta.url), { username: '', password: '' });
  beside ??= compile(address).catch((error) => { beside = null; throw error; });
  return beside;
}

async function compile(source) {
  if (typeof WebAssembly !== 'object') throw new CoreError(NOT_ALLOWED);
  try {
    if (source instanceof WebAssembly.Module) return source;
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return await WebAssembly.compile(source);
    const response = await fetch(source);
    if (!response.ok) throw new CoreError(`the peer's core is not at ${source}: status ${response.status}`);
    const isTyped = response.headers.get('content-type')?.startsWith('application/wasm');
    if (isTyped && WebAssembly.compileStreaming) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof CoreError) throw error;
    const isForbidden = /unsafe-eval|Content Security Policy|disallowed/i.test(String(error));
    throw new CoreError(isForbidden ? NOT_ALLOWED : `the peer's core cannot be loaded: ${error}`, { cause: error });
  }
}

/** Whether the module takes a text at once. */
function isTaken(text) {
  return text.length * 3 <= INPUT_LIMIT || (text.length <= INPUT_LIMIT && encoder.encode(text).length <= INPUT_LIMIT);
}

export class Core {
  #exports; #bytes; #reducer; #initialState; #copy; #onEvent; #onFault; #random; #timers; #now; #wallClock;
  #entries = []; #states = [undefined]; #free = []; #shown; #waiting = 0; #isInside = false; #fault = null; #events = [];
  #isDelivering = false; #isLookingBack = false; #portion = 16; #isStale = false; #views = new Map(); #changes = 0;

  /** See `core.d.ts` for the options. */
  static async open(options) {
    const module = await load(options.module);
    const core = new Core(options);
    let instance;
    try {
      instance = await WebAssembly.instantiate(module, core.#imports());
    } catch (error) {
      throw new CoreError(`the peer's core cannot be started: ${error}`, { cause: error });
    }
    core.#start(instance.exports, options);
    return core;
  }

  /** Use `Core.open`. */
  constructor({
    reducer, initialState, copy = null, onEvent = () => {}, onFault = () => {}, random, timers, now, wallClock,
  }) {
    this.#reducer = reducer;
    this.#initialState = initialState;
    this.#copy = copy;
    this.#onEvent = onEvent;
    this.#onFault = onFault;
    this.#random = random ?? ((bytes) => globalThis.crypto.getRandomValues(bytes));
    this.#timers = timers ?? globalThis;
    this.#now = now ?? (() => performance.now());
    this.#wallClock = wallClock ?? (() => Date.now());
  }

  #start(exports, { source, model, savesActions = false, mayHaveWritten = false }) {
    this.#exports = exports;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    if (exports.core_version() !== VERSION) throw new CoreError('core.wasm and core.js are of different versions');
    this.source = source;
    if (this.#reducer) this.#states[0] = this.#initial();
    const flags = (savesActions ? 1 : 0) + (mayHaveWritten ? 2 : 0);
    const isTaken = typeof source === 'string' && source.isWellFormed?.() !== false
      && this.#call('core_create', this.#write(source), flags) === 1;
    if (!isTaken) throw new TypeError('the source is not one that peers accept');
    if (model !== undefined) this.#choose(model);
    this.#show();
  }

  /** Chooses one of the reducers in Swift that a module has. */
  #choose(model) {
    const number = this.#exports.core_model ? this.#call('core_model', this.#write(String(model))) : -1;
    if (number < 0) throw new TypeError(`the module has no model ${model}`);
    this.#call('core_restart', number);
  }

  // ------------------------------------------------------------------------------------------ what it imports

  #imports() {
    return {
      env: {
        random: (address, count) => {
          const bytes = new Uint8Array(count); // the browser fills no view of a growing memory
          this.#random(bytes);
          new Uint8Array(this.#exports.memory.buffer, address, count).set(bytes);
        },
      },
      page: {
        reduce: (place, number) => {
          const entry = this.#entries[number];
          try {
            this.#states[place] = this.#reducer(this.#states[place], entry.action, entry);
            return 1;
          } catch (error) {
            if (!this.#isLookingBack) this.#events.push(['reducer', error, entry]);
            return this.#copy ? 2 : 0; // one that changes its state may have changed a part
          }
        },
        copy: (place) => this.#keep(this.#copy ? this.#copy(this.#states[place]) : this.#states[place]),
        release: (place) => { this.#states[place] = undefined; this.#free.push(place); },
      },
    };
  }

  #keep(state) {
    const place = this.#free.pop() ?? this.#states.length;
    this.#states[place] = state;
    return place;
  }

  #initial() {
    return this.#reducer(this.#initialState, { type: '@@scuttlebutt/INIT' }, { timestamp: null, source: null });
  }

  // ------------------------------------------------------------------------------------------ calls and bytes

  /** Calls the module. After a trap it is half changed, so that nothing is asked of it any more. */
  #call(name, a = 0, b = 0, c = 0) {
    if (this.#fault) throw this.#fault;
    if (this.#isInside) throw new Error('a reducer may not use the peer that calls it');
    this.#isInside = true;
    try {
      return this.#exports[name](a, b, c);
    } catch (error) {
      this.#fault = new CoreError(
        `the peer's core has stopped (${error}): reload the page, or open another and restore its lines()`,
        { cause: error });
      queueMicrotask(() => this.#onFault(this.#fault)); // not among the calls that fail with it
      throw this.#fault;
    } finally {
      this.#isInside = false;
    }
  }

  #memory() {
    const { buffer } = this.#exports.memory; // another one after it has grown
    return this.#bytes.buffer === buffer ? this.#bytes : (this.#bytes = new Uint8Array(buffer));
  }

  /** Puts a text where the module reads it; returns its length in bytes. */
  #write(text) {
    const isSmall = text.length * 3 <= INPUT_LIMIT;
    const encoded = isSmall ? null : encoder.encode(text);
    const room = encoded?.length ?? text.length * 3;
    const address = this.#call('core_input', room);
    if (address === 0) throw new RangeError(`${room} bytes are more than the peer takes at once`);
    const memory = this.#memory();
    if (encoded) { memory.set(encoded, address); return room; }
    // For a short text this is faster than a view and the encoder.
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 127 || index > 256) {
        return encoder.encodeInto(text, memory.subarray(address, address + room)).written;
      }
      memory[address + index] = unit;
    }
    return text.length;
  }

  /** The text that the module has put out. */
  #read(count) {
    const address = this.#exports.core_output();
    return decoder.decode(this.#memory().subarray(address, address + count));
  }

  // ------------------------------------------------------------------------------------------------- events

  /** Takes what has happened: actions are known before anybody hears of them. */
  #take() {
    const count = this.#call('core_events');
    if (count === 0) return;
    for (const event of JSON.parse(this.#read(count))) {
      if (event[0] === 'accepted') {
        const [, first, updates] = event;
        if (first !== this.#entries.length) throw new CoreError('the numbers of the actions do not fit');
        if (this.#reducer) {
          for (let index = 0; index < updates.length; index++) {
            const update = updates[index];
            this.#entries.push({
              action: update[0], timestamp: update[1], source: update[2], number: first + index,
            });
          }
        } else {
          this.#entries.length += updates; // how many there are; a reducer in Swift has read them
        }
        const count = this.#entries.length - first;
        this.#waiting += count;
        this.#events.push(['accepted', first, count]);
      } else if (event[0] === 'putBack') {
        const entry = this.#entries[event[1]]; // there since it was set aside
        entry.isSetAside = false;
        this.#waiting = this.#exports.core_number(1);
        this.#events.push(['putBack', entry]);
      } else if (event[0] === 'timer') {
        this.#timers.setTimeout(() => this.#timerFired(event[1]), event[2]);
      } else {
        this.#events.push(event);
      }
    }
  }

  #timerFired(number) {
    if (this.#fault) return;
    this.#call('core_timer', number);
    this.#settle();
  }

  /** Takes and tells what has happened. A listener may call everything; what that causes is told after it. */
  #settle() {
    this.#take();
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let event; (event = this.#events.shift());) this.#onEvent(...event);
    } finally {
      this.#isDelivering = false;
    }
  }

  // ------------------------------------------------------------------------------------------------ actions

  /** Why the core has stopped, or null. */
  get fault() { return this.#fault; }

  /** The state. While actions wait to be folded it is the one of before, with what was dispatched on top of it. */
  get state() {
    if (this.#isStale && !this.#fault) {
      this.#isStale = false;
      this.#shown = JSON.parse(this.#read(this.#call('core_state')));
    }
    return this.#shown;
  }

  /**
   * A part of the state of a reducer in Swift, such as a window of a list: what it costs does not depend on the rest.
   * One that has not changed is the same object as before. Throws TypeError for a view that the state does not have.
   */
  view(name, args) {
    const request = JSON.stringify(args === undefined ? [name] : [name, args]);
    const known = this.#views.get(request);
    if (known?.changes === this.#changes) return known.value;
    const count = this.#exports.core_view ? this.#call('core_view', this.#write(request)) : -1;
    if (count < 0) throw new TypeError(`the state has no view ${name}`);
    const text = this.#read(count);
    const view = { text, value: known?.text === text ? known.value : JSON.parse(text), changes: this.#changes };
    if (!known && this.#views.size === VIEWS) this.#views.delete(this.#views.keys().next().value);
    this.#views.set(request, view);
    return view.value;
  }

  /** The state has changed. A page reads as much as it wants of what a reducer in Swift has made. */
  #show() {
    this.#changes += 1;
    if (this.#reducer) this.#shown = this.#states[this.#call('core_state')];
    else this.#isStale = true;
  }

  /**
   * Stamps an action and folds it. Returns `{ action, timestamp, source }`, both null for a type that begins with
   * `@`, which stays here unless `isShared`. Throws TypeError, and nothing has changed, if peers would refuse it.
   */
  dispatch(action, { isShared = false } = {}) {
    const text = JSON.stringify(action);
    if (text === undefined) throw new TypeError('the action is not an object');
    const timestamp = this.#call('core_dispatch', this.#write(text), isShared ? 1 : 0);
    if (timestamp < 0) throw new TypeError(this.#read(-timestamp));
    this.#take();
    // The action as everyone else will read it.
    const entry = {
      action: JSON.parse(text), timestamp: timestamp || null, source: timestamp ? this.source : null,
      number: this.#entries.length,
    };
    this.#entries.push(entry);
    this.#waiting += 1;
    if (this.#waiting <= PORTION) this.#waiting = this.#call('core_fold', PORTION);
    if (this.#waiting === 0) this.#show(); // else something comes after it, or before it and is a long replay
    else if (this.#reducer) this.#preview(entry);
    else this.#show(); // the module has a preview of its own
    this.#settle();
    return entry;
  }

  #preview(entry) {
    const state = this.#copy ? this.#copy(this.#shown) : this.#shown;
    this.#isInside = true;
    try {
      this.#shown = this.#reducer(state, entry.action, entry);
    } catch { /* reported when it is folded */ } finally { this.#isInside = false; }
  }

  /** Folds what waits, for about `limit` ms. Returns how many actions still wait; `state` is new when none does. */
  fold(limit = SLICE) {
    const end = this.#now() + limit;
    if (this.#waiting > 0) {
      let now = this.#now();
      do {
        this.#waiting = this.#call('core_fold', this.#portion);
        const took = -now + (now = this.#now());
        // A slow reducer gets fewer at a time, so that the clock is looked at in time.
        if (took > limit / 4) this.#portion = Math.max(1, this.#portion >> 1);
        else if (took < limit / 16) this.#portion = Math.min(PORTION, this.#portion * 2);
      } while (this.#waiting > 0 && now < end);
      if (this.#waiting === 0) this.#show();
    }
    this.#settle();
    return this.#waiting;
  }

  /** Begins anew with another reducer; everything waits to be folded again. */
  replaceReducer(reducer, initialState = this.#initialState) {
    if (!this.#reducer) throw new TypeError('the reducer of this module is compiled into it');
    this.#reducer = reducer;
    this.#initialState = initialState;
    this.#call('core_restart', this.#keep(this.#initial()));
    this.#waiting = this.number('waiting');
    return this.fold();
  }

  /** The state right after the action with a number; undefined if it is not folded. */
  stateAfter(number) {
    this.#isLookingBack = true; // what failed then was told then
    let place;
    try { place = this.#call('core_state_after', number); } finally { this.#isLookingBack = false; }
    if (place < 0) return undefined;
    return this.#reducer ? this.#states[place] : JSON.parse(this.#read(place));
  }

  /** The action with a number, as `{ action, timestamp, source }`. */
  entry(number) {
    // A module with a reducer in Swift has not handed over what was accepted.
    if (number >= 0 && number < this.#entries.length && !(number in this.#entries) && !this.#fault) {
      const [line] = this.lines(number, 1);
      if (line === undefined) return undefined;
      const [action, timestamp, source] = JSON.parse(line);
      this.#entries[number] = { action, timestamp, source, number };
    }
    return this.#entries[number];
  }

  // ----------------------------------------------------------------------------------------------- sessions

  /** Begins a session for a connection that was just opened; returns its number. */
  openSession({ probes = true, longestLine = 0 } = {}) {
    const session = this.#call('core_open', probes ? 1 : 0, longestLine);
    if (session === 0) throw new RangeError('too many sessions are open');
    return session;
  }

  /** Takes lines of a peer that arrived together. Returns whether the session is still open. */
  receive(session, lines) {
    let isOpen = false;
    if (isTaken(lines)) {
      isOpen = this.#call('core_receive', session, this.#write(lines)) === 1;
    } else {
      this.#events.push(['close', session, 'a frame is too long']);
      this.#call('core_closed', session);
    }
    this.#settle();
    return isOpen;
  }

  /** The next lines for a peer whose connection has room, about `limit` bytes; null when there are none. */
  pull(session, limit = PULL) {
    const count = this.#call('core_pull', session, limit);
    const lines = count > 0 ? this.#read(count - 1) : null; // without the last line feed
    this.#settle();
    return lines;
  }

  /** The connection of a session has ended. */
  closed(session) {
    this.#call('core_closed', session);
    this.#settle();
  }

  /** The answers and the probe that are due for a peer, and nothing else; null when there are none. */
  pullProbes(session, limit = PULL) {
    const count = this.#call('core_pull_probes', session, limit);
    return count > 0 ? this.#read(count - 1) : null;
  }

  /** Where a session stands, or null if it is not open. */
  session(session) {
    const bits = this.#call('core_session', session);
    if (bits < 0) return null;
    return Object.fromEntries(SESSION.map((name, index) => [name, (bits >> index & 1) === 1]));
  }

  /** The newest timestamp of a source that the peer of a session is known to have; 0 for none. */
  known(session, source) { return this.#call('core_known', this.#write(source), session); }

  /** How many updates were sent in a session that are to be confirmed, and how many of them were. */
  sent(session) {
    return { sent: this.#call('core_sent', session, 0), confirmed: this.#call('core_sent', session, 1) };
  }

  /**
   * Asks a peer for a sign of life, which the next pull sends; with `isUrgent` also if one is awaited, because it may
   * have been lost. Returns whether it has to answer.
   */
  probe(session, isUrgent = false) {
    const answers = this.#call('core_probe', session, isUrgent ? 1 : 0) === 1;
    this.#settle();
    return answers;
  }

  // ------------------------------------------------------------------------------------ what peers do not take

  /**
   * Takes an action out of the history, and sends it to nobody. It has a stamp all the same, and is put back (the
   * event `putBack`) when a peer shows that it has it. Returns whether it was in the history.
   */
  setAside(number) {
    const entry = this.entry(number); // while the log has it
    if (this.#call('core_set_aside', number) !== 1) return false;
    entry.isSetAside = true;
    this.#waiting = this.number('waiting');
    if (this.#waiting === 0) this.#show();
    return true;
  }

  /** Sends nothing from this action on, of its source, to peers that lack it. */
  withhold(number) { this.#call('core_withhold', number); }

  /** The stamp was used in an earlier life for an action that is gone. */
  use(timestamp, source) { this.#call('core_use', this.#write(source), timestamp); }

  /** What this source has written is treated like our own, because nobody else brings it. */
  adopt(source) { this.#call('core_adopt', this.#write(source)); }

  /** A peer has own actions up to this timestamp, as an earlier life has noted. */
  confirmed(timestamp) { this.#call('core_confirmed', timestamp); }

  // ----------------------------------------------------------------------------------------------- presence

  /**
   * Says to all connected peers what this one does at the moment: an object of at most 1,024 bytes of JSON, which is
   * not in the log and holds for `lifetime` seconds for who hears nothing more; null to leave. The next pull sends it.
   * Throws TypeError, and nothing has changed, if peers would refuse it.
   */
  setPresence(value, { lifetime = 30 } = {}) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError('a presence is an object');
    const refusal = this.#call('core_present', this.#write(text), lifetime, this.#wallClock());
    if (refusal < 0) throw new TypeError(this.#read(-refusal));
    this.#settle();
  }

  /** Who else is here, as `{ source, value }`, ordered by source. */
  presence() {
    const count = this.#call('core_presence');
    if (count === 0) return [];
    return JSON.parse(this.#read(count)).map(([source, value]) => ({ source, value }))
      .sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  // ------------------------------------------------------------------------------------------------ the log

  /** Everything up to this token of a `save` event is durable. */
  saved(token) {
    this.#call('core_saved', token);
    this.#settle();
  }

  /** Takes the log of an earlier life, before any session; returns how many actions were new. */
  restore(lines) {
    let count = 0;
    let text = '';
    const flush = () => {
      count += this.#call('core_restore', this.#write(text));
      this.#take();
      text = '';
    };
    for (const line of typeof lines === 'string' ? lines.split('\n') : lines) {
      if (!isTaken(line)) {
        this.#events.push(['refused', 'a line is too long', null, null, null]);
        continue;
      }
      if (text.length + line.length > INPUT_LIMIT / 4) flush();
      text += `${line}\n`;
    }
    flush();
    this.#settle();
    return count;
  }

  /**
   * The lines of actions by their numbers, by default of all, as they are kept and sent. Once the core has stopped
   * they are made from what the page knows: then signatures and other additions are not in them.
   */
  lines(first = 0, count = this.#entries.length - first) {
    if (this.#fault) {
      return this.#entries.slice(first, first + count).filter(({ timestamp }) => timestamp !== null)
        .map(({ action, timestamp, source }) => JSON.stringify([action, timestamp, source]));
    }
    const length = this.#call('core_lines', first, count);
    return length > 0 ? this.#read(length - 1).split('\n') : [];
  }

  /** What this peer has, as the line that a session begins with. */
  header() { return this.#read(this.#call('core_header') - 1); }

  /** The newest timestamp of each source. */
  vector() {
    const entries = Object.entries(JSON.parse(this.header()).clock);
    return new Map(entries.filter(([, timestamp]) => timestamp > 0));
  }

  /** The lines that a peer with this header line lacks, about `limit` bytes of them. */
  changesSince(header, limit = INPUT_LIMIT) {
    const count = this.#call('core_changes', this.#write(header), limit);
    if (count < 0) throw new TypeError('that is no header');
    return count > 0 ? this.#read(count - 1).split('\n') : [];
  }

  /** One of `NUMBERS`. */
  number(name) { return this.#call('core_number', NUMBERS.indexOf(name)); }
}
