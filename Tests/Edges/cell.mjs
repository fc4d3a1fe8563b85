// SPDX-License-Identifier: MIT
//
// One cell of the matrix: a server, a peer, the box between them, and a fault at a moment. The
// oracle is the same for all of them:
//
// - nothing that the peer has acknowledged is lost: in the end it is on the server, once, and both
//   have the same actions;
// - the status is true: 'in sync, nothing pending' is only said when the server has all that was
//   acknowledged, and when the peer has all that the server had a probe time ago;
// - a link that is dead is given up within the probe time, by both sides;
// - the wait between dials grows;
// - the memory of the server stays.
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Program } from '../Browser/processes.mjs';
import { Middlebox } from './middlebox.mjs';
import { Observer } from './observer.mjs';
import { binary, kinds, probing } from './peers.mjs';

const SECOND = 1_000; // ms

/** Actions that the server has before the peer comes. */
const HISTORY = 40;

/** How long a fault may take to heal: the longest wait of a peer that was refused, and slack. */
const HEALING = 45 * SECOND;

/** What the server's memory may grow by (bytes), several times what a link may keep waiting. */
const GROWTH = 64 << 20;

/** Moments at which the fault is there before the peer dials. */
const EARLY = ['dialling', 'header', 'history'];

export const nameOf = ({ kind, fault, moment }) => `${kind} · ${fault.name} · ${moment}`;

/** Reads until `accept(value)`; returns the last value and whether it was accepted. */
async function within(time, read, accept) {
  const end = Date.now() + time;
  for (;;) {
    const value = await read();
    if (accept(value)) return { value, isRight: true };
    if (Date.now() > end) return { value, isRight: false };
    await pause(100);
  }
}

/** What one cell came to: `outcome`, `problems` (none if all is well) and `facts` for people. */
export class Cell {
  problems = []; facts = {};
  #sizes = []; #strikeAt = null; #dialsBefore = 0; #loads = [];

  /** `probeAfter` is in seconds; `patience` (ms) is for what Primus does not find out sooner. */
  constructor({ kind, fault, moment, probeAfter, pages, patience = 0 }) {
    Object.assign(this, { kind, fault, moment, probeAfter, pages, patience });
    /** Within this time (ms) a dead link must be known as dead: three probe times and slack. */
    this.probeTime = (3 * probeAfter + 1.5) * SECOND;
    /** How long the fault lasts: where something must be found out, until it must have been. */
    this.duration = fault.isQuiet ? this.probeTime + SECOND : 5 * SECOND;
  }

  get name() { return nameOf(this); }

  async run() {
    this.folder = await mkdtemp(join(tmpdir(), 'scuttlebutt-edges-'));
    try {
      await this.#prepare();
      await this.#suffer();
      await this.#heal();
    } catch (error) {
      this.problems.push(`broke off: ${error.message}`);
    } finally {
      await this.#clean();
    }
    return { name: this.name, kind: this.kind, fault: this.fault.name, moment: this.moment,
      outcome: this.problems.length === 0 ? this.outcome : 'open', problems: this.problems,
      facts: this.facts };
  }

  async #prepare() {
    const { wire, make } = kinds[this.kind];
    // The box strikes at the third line of a history, for which each line has to be a frame that it can read.
    this.server = new Program(binary, ['serve', '--port', '0', '--tcp-port', '0', '--in-memory', '--no-compression',
      '--json', ...probing(this.probeAfter)]);
    const { http, tcp } = JSON.parse(await this.server.line());
    this.http = http;
    const ports = { lines: Number(tcp.split(':').at(-1)), http: Number(new URL(http).port) };
    this.observer = await new Observer().start(ports.lines);
    for (let count = 0; count < HISTORY; count += 1) this.observer.write();
    await within(10 * SECOND, () => this.#statistics(), ({ actions }) => actions === HISTORY);
    this.memoryBefore = await this.#memory();
    this.box = await new Middlebox(() => ports[wire], wire).start();
    const id = this.name.replace(/[^a-z0-9]+/gi, '-');
    this.peer = make(this.box.port, {
      id, folder: this.folder, probeAfter: this.probeAfter, pages: this.pages });
  }

  /** Brings the peer to the moment, strikes, and watches what it says of itself. */
  async #suffer() {
    const isEarly = EARLY.includes(this.moment);
    if (isEarly) {
      this.box.arm(this.fault, this.moment);
      this.#strikeAt = Date.now();
      this.#dialsBefore = 1;
      await this.peer.start();
      for (let count = 0; count < 3; count += 1) await this.#write();
      // Chromium holds WebSockets back when many of them have failed, so a first dial may be late.
      const { value } = await within(
        20 * SECOND, () => this.box.struck, (links) => links.length > 0);
      this.#strikeAt = value[0]?.struckAt ?? Date.now();
    } else {
      await this.peer.start();
      const { isRight, value } = await this.#untilWell(20 * SECOND);
      if (!isRight) throw new Error(`not in sync without a fault: ${JSON.stringify(value)}`);
    }
    if (this.moment === 'idle') await this.#strikeIdle();
    if (this.moment === 'live') this.#strikeLive();
    if (this.moment === 'closing') await this.#strikeClosing();
    else await this.#watch();
  }

  async #strikeIdle() {
    await pause(300);
    this.#struck();
    if (this.fault.isIdleCut) {
      // As many probe times as there are in the 60 s after which most proxies cut.
      this.box.cutIdle(3 * this.probeAfter * SECOND);
      return;
    }
    this.box.strike(this.fault);
    this.#later(200, () => this.observer.write());
    this.#later(500, () => this.#write());
  }

  #strikeLive() {
    this.box.arm(this.fault, 'live');
    this.#struck();
    const load = setInterval(() => { this.observer.write(); this.#write(); }, 200);
    this.#loads.push(load);
  }

  async #strikeClosing() {
    for (let count = 0; count < 3; count += 1) await this.#write();
    this.box.arm(this.fault, 'closing');
    this.#struck();
    const begin = Date.now();
    await this.peer.stop();
    this.facts.ending = Date.now() - begin;
    await within(2 * SECOND, () => this.box.struck, (links) => links.length > 0);
  }

  #struck() {
    this.#strikeAt = Date.now();
    this.#dialsBefore = this.box.dials.length;
  }

  #later(delay, body) { this.#loads.push(setTimeout(body, delay)); }

  /** Not awaited where a peer may answer late; what is never answered was never acknowledged. */
  async #write() {
    const written = this.peer.dispatch().catch(() => {});
    await Promise.race([written, pause(100)]);
  }

  /** Asks for the status all the time until the fault has lasted long enough. */
  async #watch() {
    const end = this.#strikeAt + this.duration;
    while (Date.now() < end) {
      await this.#sample();
      await pause(200);
    }
    this.#checkDials();
  }

  async #sample() {
    const acknowledged = [...this.peer.acknowledged];
    this.#sizes.push({ at: Date.now(), size: this.observer.updates.size });
    const status = await Promise.race([this.peer.status(), pause(2 * SECOND, null)]);
    if (!status) return;
    const now = Date.now();
    const links = this.box.links.filter((link) => link.isOpen);
    const isDead = links.every((link) => link.isDeaf && now - link.struckAt > this.probeTime);
    if (status.connected && links.length > 0 && isDead && this.kind !== 'original') {
      this.#problem('says connected over a link that died more than a probe time ago', status);
    }
    if (!status.connected) this.facts.found ??= now - (this.#strikeAt ?? now);
    if (!status.synced || status.pending > 0) return;
    await this.#checkClaim(status, acknowledged, now);
  }

  /** The peer says that it is in sync and that nothing is pending. */
  async #checkClaim(status, acknowledged, now) {
    const missing = () => acknowledged.filter(([, at, source]) => (
      !this.observer.updates.has(`${at}@${source}`)));
    const { isRight } = await within(SECOND, missing, (list) => list.length === 0);
    if (!isRight) {
      this.#problem(`in sync, but ${missing().length} acknowledged never arrived`, status);
    }
    const old = this.#sizes.findLast(({ at }) => now - at > this.probeTime + SECOND);
    if (old && status.actions < old.size) {
      this.#problem(`in sync with ${status.actions} of ${old.size} old actions`, status);
    }
  }

  /** Each kind of problem once. */
  #problem(text, status) {
    const kind = text.replace(/\d+/g, 'n');
    if (this.problems.some((problem) => problem.replace(/\d+/g, 'n').startsWith(kind))) return;
    const after = ((Date.now() - this.#strikeAt) / SECOND).toFixed(1);
    this.problems.push(`${text} (${after} s after the strike: ${JSON.stringify(status)})`);
  }

  /** Waits that double from 0.5 s (0.25 s in a page) leave room for so many dials in a time. */
  #checkDials() {
    const { dials } = this.box;
    const time = Date.now() - this.#strikeAt;
    const room = 2 + Math.ceil(Math.log2(time / 250 + 1));
    const count = dials.length - this.#dialsBefore;
    this.facts.dials = count;
    this.facts.waits = dials.slice(1).map((at, index) => at - dials[index]);
    // An original counts anew with each connection that opens; only what never opens makes it wait.
    if (this.kind === 'original' && this.moment !== 'dialling') return;
    if (count > room) {
      this.#problem(`dialled ${count} times in ${Math.round(time / SECOND)} s, room for ${room}`);
    }
  }

  async #heal() {
    for (const load of this.#loads) clearInterval(load);
    const isStruck = this.box.struck.length > 0 || this.fault.isIdleCut;
    if (!isStruck) this.problems.push('the moment never came');
    const begin = Date.now();
    this.box.heal();
    if (this.moment === 'closing') await this.peer.start();
    const { isRight, value } = await this.#untilWell(HEALING);
    this.facts.healing = Date.now() - begin;
    if (!isRight) this.problems.push(`does not recover: ${JSON.stringify(value)}`);
    else this.#checkHistory();
    // A plain request ends by itself, unless it was struck dead.
    const isKept = this.box.dials.length === this.#dialsBefore
      && this.box.struck.every((link) => link.isOpen || (link.isAside && !link.isDeaf));
    if (this.moment === 'closing') this.outcome = 'next start';
    else if (this.fault.isEither) this.outcome = 'either';
    else if (isKept) this.outcome = 'kept';
    else this.outcome = this.#isWaiting ? 'waits' : 'redialled';
    if (isRight) await this.#checkServer();
  }

  /** Whether it has understood that it should not come back soon; no script learns a status. */
  get #isWaiting() {
    return this.fault.isRefusal && !kinds[this.kind].isScript && this.facts.dials === 0;
  }

  #untilWell(time) { return within(time, () => this.#standing(), ({ isWell }) => isWell); }

  /** Whether the peer says that all is well, and it and the server have the same actions. */
  async #standing() {
    const status = await Promise.race([this.peer.status(), pause(2 * SECOND, null)]).catch(String);
    const { actions } = await this.#statistics();
    const isSynced = (status?.synced ?? status?.connected) === true && !(status.pending > 0);
    const size = this.observer.updates.size;
    const isEven = status?.actions === actions && size === actions;
    const isWell = isSynced && isEven && await this.#agree();
    return { isWell, status, server: actions, observer: size };
  }

  async #agree() {
    const stamps = (updates) => updates.map(([, at, source]) => `${at}@${source}`).sort().join();
    const theirs = [...this.observer.updates.values()];
    return stamps(await this.peer.history()) === stamps(theirs);
  }

  /** What was acknowledged is there as it was written, and once, since the stamps agree. */
  #checkHistory() {
    for (const [action, at, source] of this.peer.acknowledged) {
      const found = this.observer.updates.get(`${at}@${source}`);
      if (found?.[0].n === action.n && found[0].peer === action.peer) continue;
      this.problems.push(`lost: action ${action.n}, acknowledged at ${at}`);
    }
    this.facts.acknowledged = this.peer.acknowledged.length;
  }

  /** The server has given up what is dead, and its memory is what it was. */
  async #checkServer() {
    // Over Primus its heartbeat tells, whose 35 s are the same for every client: only the long form
    // has the time.
    const time = kinds[this.kind].isPrimus ? this.patience : this.probeTime;
    const { value, isRight } = await within(
      time, () => this.#statistics(), ({ connected }) => connected === 2);
    if (!isRight && time > 0) {
      this.problems.push(`the server still has ${value.connected} connections, not 2`);
    }
    const growth = await this.#memory() - this.memoryBefore;
    this.facts.growth = `${(growth / 1e6).toFixed(1)} MB`;
    if (growth > GROWTH) this.problems.push(`the server's memory grew by ${this.facts.growth}`);
  }

  async #statistics() {
    return (await fetch(`${this.http}/statistics`)).json();
  }

  async #memory() {
    const status = await readFile(`/proc/${this.server.child.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
  }

  async #clean() {
    for (const load of this.#loads) clearInterval(load);
    await this.peer?.kill().catch(() => {});
    this.observer?.stop();
    this.box?.stop();
    if (this.server) {
      const code = await this.server.end().catch((error) => error.message);
      if (code !== 0) this.problems.push(`the server ended with ${code}`);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
