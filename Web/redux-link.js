// SPDX-License-Identifier: MIT
//
// The connection of `redux.js`: one session of the core per Primus connection, and a gate for apps that verify the
// actions of others. The protocol is the core's business; this file only assembles lines and passes them on.

const BOUNDS = {
  heard: 2 ** 25, // UTF-16 units that have arrived and wait; beyond that we reconnect
  chunk: 65_536, // UTF-16 units that the core takes in one task
  sent: 16, // times 64 KiB that are sent in one task
  verifying: 65_536, // updates that are being verified; as in ReplicaConfiguration
  refused: 1_000, // refused lines that are remembered and not verified again
  slice: 12, // ms of verifying in one task
};

/** Passes lines to the core and sends its answers. `work` asks the owner to call `receive` and `send` in a task. */
export class Link {
  #io; #work; #gate; #core = null; #session = null; #isOpen = false; #heard = []; #length = 0; #rest = '';

  constructor(io, { work, verify = null }) {
    this.#io = io;
    this.#work = work;
    this.#gate = verify && new Gate(verify, work);
    io.on('open', () => { this.#end(); this.#isOpen = true; this.#begin(); });
    io.on('data', (data) => { if (typeof data === 'string') this.#hear(data); });
    io.on('close', () => this.#end());
    io.on('end', () => this.#end());
    io.on('error', () => {}); // Primus reconnects; without a listener some emitters throw
  }

  /** The core is loaded; the connection may have been open for a while. */
  start(core) {
    this.#core = core;
    if (this.#isOpen) this.#begin();
  }

  #begin() {
    if (!this.#core) return;
    this.#session = this.#core.openSession();
    this.#work();
  }

  #hear(text) {
    if (!this.#isOpen) return;
    this.#heard.push(text);
    this.#length += text.length;
    if (this.#length + this.#rest.length > BOUNDS.heard) this.again();
    else this.#work();
  }

  /** The connection is lost. What the core has not received yet comes again over the next one. */
  #end() {
    const session = this.#session;
    this.#session = null;
    this.#isOpen = false;
    this.#heard = [];
    this.#length = 0;
    this.#rest = '';
    this.#gate?.reset();
    if (session !== null && !this.#core.fault) this.#core.closed(session);
  }

  /** The core has ended this session because of what the peer sent. */
  ended(session) {
    if (session === this.#session) this.again();
  }

  /** Ends the connection and lets Primus reconnect. */
  again() {
    this.#end();
    this.#io.end(undefined, { reconnect: true });
  }

  /** Ends the connection for good. */
  close() {
    this.#end();
    this.#io.end();
  }

  /** Passes on some of what has arrived. Returns whether there was anything to do. */
  receive() {
    if (this.#session === null) return false;
    const mayTake = this.#length > 0 && !this.#gate?.isFull;
    if (!mayTake && !this.#gate?.hasWork) return false;
    let lines = mayTake ? this.#take() : '';
    try {
      if (this.#gate) lines = this.#gate.pass(lines);
    } catch {
      this.again(); // as the core does for a line that is not JSON
      return true;
    }
    if (lines !== '') this.#core.receive(this.#session, lines);
    return true;
  }

  /** Takes whole lines: a message may hold several, and a line may span several messages. */
  #take() {
    let text = this.#rest;
    let count = 0;
    while (count < this.#heard.length && text.length < BOUNDS.chunk) text += this.#heard[count++];
    this.#length -= text.length - this.#rest.length;
    this.#heard.splice(0, count);
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    return text.slice(0, end);
  }

  /** Sends some of what the core has to say. Returns whether there may be more. */
  send() {
    for (let count = 0; count < BOUNDS.sent; count++) {
      if (this.#session === null) return false;
      const lines = this.#core.pull(this.#session);
      if (lines === null) return false;
      this.#io.write(`${lines}\n`);
    }
    return true;
  }
}

/**
 * Lets an update through once it is verified. The updates of a source keep their order. A slow verdict holds back its
 * own source only, and the line "SYNC", which says that the history is complete.
 */
class Gate {
  #verify; #work; #lines = []; #next = 0; #sources = new Map(); #count = 0; #ready = []; #sync = null;
  #refused = new Set(); #generation = 0;

  constructor(verify, work) {
    this.#verify = verify;
    this.#work = work;
  }

  /** Whether there are still lines to judge. */
  get isFull() { return this.#next < this.#lines.length; }

  /** Whether `pass` can make progress. */
  get hasWork() { return this.#ready.length > 0 || this.#mayJudge; }

  get #mayJudge() { return this.isFull && this.#count < BOUNDS.verifying; }

  reset() {
    this.#generation += 1; // late verdicts belong to an earlier connection
    this.#lines = [];
    this.#next = 0;
    this.#sources.clear();
    this.#count = 0;
    this.#ready = [];
    this.#sync = null;
  }

  /** Takes whole lines and returns those that may go to the core now. Throws if a line is not JSON. */
  pass(text) {
    if (text !== '') {
      this.#lines = text.split('\n').filter(Boolean);
      this.#next = 0;
    }
    const end = performance.now() + BOUNDS.slice;
    while (this.#mayJudge && performance.now() < end) this.#judge(this.#lines[this.#next++]);
    const ready = this.#ready;
    this.#ready = [];
    return ready.length > 0 ? `${ready.join('\n')}\n` : '';
  }

  #judge(line) {
    // Neither a header nor a string can be an update.
    if (line[0] === '"' && this.#count > 0 && JSON.parse(line) === 'SYNC') { this.#sync = line; return; }
    if (line[0] === '"' || line[0] === '{') { this.#ready.push(line); return; }
    const update = JSON.parse(line);
    const [action, timestamp, source] = Array.isArray(update) ? update : [];
    const isStamped = typeof timestamp === 'number' && typeof source === 'string';
    if (typeof action !== 'object' || action === null || !isStamped) { // the core refuses it
      this.#ready.push(line);
      return;
    }
    if (this.#refused.has(line)) return;
    const entry = { line, isAccepted: null };
    if (!this.#sources.has(source)) this.#sources.set(source, { entries: [], start: 0 });
    this.#sources.get(source).entries.push(entry);
    this.#count += 1;
    const generation = this.#generation;
    this.#verify({ action, timestamp, source }, (isAccepted) => {
      if (generation !== this.#generation || entry.isAccepted !== null) return;
      entry.isAccepted = Boolean(isAccepted);
      this.#settle(source);
    });
  }

  #settle(source) {
    const queue = this.#sources.get(source);
    for (let entry; (entry = queue.entries[queue.start]) && entry.isAccepted !== null; queue.start++) {
      if (entry.isAccepted) this.#ready.push(entry.line);
      else this.#remember(entry.line);
      queue.entries[queue.start] = undefined;
      this.#count -= 1;
    }
    if (queue.start === queue.entries.length) this.#sources.delete(source);
    if (this.#count === 0 && this.#sync !== null) {
      this.#ready.push(this.#sync);
      this.#sync = null;
    }
    this.#work();
  }

  #remember(line) {
    if (this.#refused.size >= BOUNDS.refused) this.#refused.delete(this.#refused.values().next().value);
    this.#refused.add(line);
  }
}
