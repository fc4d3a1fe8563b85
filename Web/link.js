// SPDX-License-Identifier: MIT
//
// One connection, and the session of the core that goes over it: lines both ways, and whether the other side is there.
import { BOUNDS } from './bounds.js';

const encoder = new TextEncoder();
const isUpdate = (line) => line.startsWith('[');

/**
 * The host has `core`, `source`, `timers`, `now`, `nextTask`, `probeAfter`, `isHidden`; `heard()` is called when something
 * has arrived, `moved()` when something was sent or confirmed, and `ended(link, reason, {isRefused, code})` at the end.
 */
export class Link {
  isOpen = false;
  /** Updates that were handed to the socket and are not confirmed: blocks of lines. */
  inFlight = [];
  /** Messages and UTF-16 units that went over it, and the ms between the last probe and its answer, null before that. */
  traffic = { received: 0, receivedUnits: 0, sent: 0, sentUnits: 0, delay: null };
  #host; #socket = null; #session = 0; #isOver = false; #isWaiting = false; #isPumping = false;
  #objectionTimer = null; #isPlain = false;
  #heardAt = 0; #askedAt = null; #probedAt = null; #watchTimer = null; #watchUntil = 0; #hasSlept = false;

  /**
   * `isDialled`: this side probes from the start. `isCareful`: one update at a time, until it is confirmed.
   * `longestLine`: what the other side is known to take, in bytes.
   */
  constructor(host, { isDialled = true, isCareful = false, longestLine = Infinity } = {}) {
    this.#host = host;
    this.isDialled = isDialled;
    this.isCareful = isCareful;
    this.longestLine = longestLine;
  }

  /** Uses a socket: a WebSocket, or what looks like one. One that is open already begins at once. */
  attach(socket) {
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => { if (!this.#isOver) this.#heard(data); };
    socket.onclose = (event) => this.#closed(event);
    socket.onerror = () => {}; // close follows
    if (socket.readyState === 1) this.#opened();
  }

  #opened() {
    if (this.#isOver || this.isOpen) return;
    const { core, now, probeAfter } = this.#host;
    try {
      this.#session = core.openSession({
        probes: this.isDialled, longestLine: Number.isFinite(this.longestLine) ? this.longestLine : 0,
      });
    } catch (error) {
      this.#host.ended(this, String(error), {}); // there are too many, or the core has stopped
      return;
    }
    this.isOpen = true;
    this.#heardAt = this.#askedAt = this.#probedAt = now(); // every peer owes us a SYNC
    if (this.isDialled) this.#watch(probeAfter);
    this.#host.opened(this);
    this.pump();
    this.#host.moved(this);
  }

  #closed(event) {
    if (this.#isOver) return;
    // 1008, policy violation: the other side will refuse us again until something changes.
    const isRefused = event?.code === 1008;
    const words = event?.reason ? `: ${event.reason}` : '';
    this.#host.ended(this, isRefused ? `the server refused the connection${words}` : null,
      { isRefused, code: event?.code });
  }

  /** Where the session stands; null before it is open. */
  progress() { return this.isOpen && !this.#isOver ? this.#host.core.session(this.#session) : null; }

  /** For developer tools: its traffic, how many messages wait to be confirmed, and what the other side has. */
  view() {
    const { core } = this.#host;
    const { isDialled, isOpen, traffic, inFlight } = this;
    const known = (source) => (this.isOpen && !core.fault ? core.known(this.#session, source) : 0);
    return { isDialled, isOpen, ...traffic, unconfirmed: inFlight.length, known };
  }

  /** How many own updates a peer that knows no probes may still object to. */
  get unobjected() { return this.#isPlain ? this.inFlight.reduce((count, block) => count + block.own, 0) : 0; }

  /** The number of the session in the core; 0 before it is open, and after its end. */
  get session() { return this.isOpen && !this.#isOver ? this.#session : 0; }

  isSession(session) { return this.isOpen && session === this.#session; }

  /** Closes the socket and ends the session. */
  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const { core, timers } = this.#host;
    timers.clearTimeout(this.#watchTimer);
    timers.clearTimeout(this.#objectionTimer);
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.onerror = () => {};
      try { socket.close(); } catch { /* it is gone already */ }
    }
    if (this.isOpen && !core.fault) core.closed(this.#session);
    this.isOpen = false;
  }

  // ---- lines

  #heard(data) {
    this.#heardAnything();
    if (typeof data !== 'string' || !this.isOpen) return;
    this.traffic.received += 1;
    this.traffic.receivedUnits += data.length;
    if (data.endsWith('"PONG"') && this.#probedAt !== null) this.traffic.delay = this.#host.now() - this.#probedAt;
    this.#host.core.receive(this.#session, data);
    if (!this.#isOver) this.#settle();
    this.#host.heard(this); // also of what came before the fault that ended it
  }

  /** Takes up what the other side has confirmed. */
  #settle() {
    const progress = this.progress();
    if (!progress) return;
    this.#isPlain = progress.neverAnswers;
    if (this.#isPlain) { this.#awaitObjection(); return; }
    if (!progress.answers) return;
    this.#host.timers.clearTimeout(this.#objectionTimer);
    this.#objectionTimer = null;
    const { confirmed } = this.#host.core.sent(this.#session);
    const open = this.inFlight.findIndex(({ number }) => number > confirmed);
    this.inFlight.splice(0, open < 0 ? this.inFlight.length : open);
    if (!progress.hasUnconfirmed) this.inFlight = [];
  }

  /** Whether something of what was sent is still to be confirmed. */
  get isAwaiting() { return this.#isPumping || this.inFlight.length > 0; }

  /** Hands lines to the socket for as long as it keeps up. */
  pump() {
    // Whoever is told of something by a pull may come here again, before what was pulled has been sent.
    if (!this.isOpen || this.#isOver || this.#isWaiting || this.#isPumping) return;
    this.#isPumping = true;
    try {
      this.#sendAll();
    } finally {
      this.#isPumping = false;
    }
    if (!this.#isOver && !this.#isWaiting) this.#settle();
  }

  #sendAll() {
    const { core, now } = this.#host;
    const until = now() + BOUNDS.slice;
    while (!this.#isOver) {
      if (this.#socket.bufferedAmount > BOUNDS.buffered) { this.#pumpLater(20); return; }
      const text = this.isCareful && this.inFlight.length > 0
        ? core.pullProbes(this.#session) : core.pull(this.#session, this.isCareful ? 1 : BOUNDS.portion);
      if (text === null) break;
      this.#send(text.split('\n'));
      if (now() >= until) { this.#pumpLater(0); return; }
    }
  }

  #send(lines) {
    const { core, now, source } = this.#host;
    const end = `,${JSON.stringify(source)}]`;
    const updates = this.isDialled ? lines.filter(isUpdate) : []; // of others nobody asks
    if (updates.length > 0) {
      const own = updates.reduce((count, line) => count + (line.endsWith(end) ? 1 : 0), 0);
      this.inFlight.push({ lines: updates, own, number: core.sent(this.#session).sent });
    }
    for (const line of lines) {
      if (line === '"PING"') this.#probedAt = now();
      this.traffic.sent += 1;
      this.traffic.sentUnits += line.length;
      try {
        this.#socket.send(line);
      } catch (error) { // what was not sent must not be followed by anything
        this.#host.ended(this, `the connection failed: ${error}`, {});
        return;
      }
    }
  }

  #pumpLater(delay) {
    this.#isWaiting = true;
    const body = () => {
      this.#isWaiting = false;
      if (this.#isOver) return;
      this.pump();
      this.#host.moved(this);
    };
    if (delay > 0) this.#host.timers.setTimeout(body, delay);
    else this.#host.nextTask(body);
  }

  /**
   * For a peer that knows no probes, what has left counts as confirmed, since it cannot say more; but only after
   * a while, in which it may close the connection because of it.
   */
  #awaitObjection() {
    if (this.#objectionTimer !== null || this.inFlight.length === 0) return;
    const { length } = this.inFlight;
    this.#objectionTimer = this.#host.timers.setTimeout(() => {
      this.#objectionTimer = null;
      if (this.#socket.bufferedAmount === 0) this.inFlight.splice(0, length);
      this.pump();
      this.#awaitObjection();
      this.#host.moved(this);
    }, BOUNDS.objection);
  }

  /** The longest of the lines under way, as `{ size, line }`; our header counts, with no line. */
  longest() {
    const size = (line) => encoder.encode(line).length;
    let longest = { size: size(this.#host.core.header()), line: null };
    for (const line of this.inFlight.flatMap((block) => block.lines)) {
      if (size(line) > longest.size) longest = { size: size(line), line };
    }
    return longest;
  }

  // ---- whether the other side is there

  /** Whatever arrives shows that the peer is there. */
  #heardAnything() {
    this.#heardAt = this.#host.now();
    if (this.#askedAt === null) return;
    this.#askedAt = null;
    this.#hasSlept = false;
    if (this.isDialled && this.isOpen) this.#watch(this.#host.probeAfter);
  }

  #watch(delay) {
    const { now, timers } = this.#host;
    timers.clearTimeout(this.#watchTimer);
    this.#watchUntil = now() + delay;
    this.#watchTimer = timers.setTimeout(() => this.#watched(), delay);
  }

  /** Probes a peer that has been silent, and gives up one that stays silent. */
  #watched() {
    if (this.#isOver) return;
    const { now: clock, probeAfter, isHidden } = this.#host;
    const now = clock();
    if (this.#isPlain) { // its silence says nothing
      this.#askedAt = null;
      this.#heardAt = now;
      this.#watch(probeAfter);
      return;
    }
    const isLate = now - this.#watchUntil > BOUNDS.lateTimer;
    if (this.#askedAt === null) {
      this.#heardAt = Math.min(this.#heardAt, now); // a clock that was set back must not put it off
      const left = this.#heardAt + probeAfter - now;
      if (left > 0) this.#watch(left);
      else this.ask(isLate);
      return;
    }
    // The page slept or is slowed down, so the answer may be waiting for us: the wait begins anew. A page that is
    // not visible has slow timers for as long as it is; there the second deadline in a row counts.
    if (isLate && !(this.#hasSlept && isHidden())) {
      this.#hasSlept = true;
      this.ask(true);
      return;
    }
    this.#host.ended(this, 'the server does not answer', {});
  }

  /** Wants a sign of life: of the probe that is under way, or of a fresh one. */
  ask(isFresh) {
    if (this.#isPlain || !this.isOpen) return;
    const { core, now, probeAfter } = this.#host;
    // Who wakes up again and again must not put off the end of a wait that is under way.
    if (this.#askedAt === null || now() >= this.#watchUntil) {
      this.#askedAt = now();
      this.#watch(probeAfter);
    }
    if (!this.progress()?.answers) return; // to ask it once more would say nothing more
    core.probe(this.#session, isFresh && this.#isProbeDue());
    this.pump();
  }

  /** The page may have slept. */
  wake() {
    this.#hasSlept = false;
    if (this.#isProbeDue()) this.ask(true);
  }

  #isProbeDue() {
    return this.#probedAt === null || this.#host.now() - this.#probedAt >= BOUNDS.freshProbe;
  }
}
