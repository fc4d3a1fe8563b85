// SPDX-License-Identifier: MIT
//
// The tabs of one browser as one: a single connection to the server (`tabs.js`), one offline switch, and everybody's
// log on the disk (`log-storage.js`). `open` in `peer.js` makes it for a page; a peer works without it as well.
//
// A follower is in touch with the tab that leads, and what that one has need not have reached the server. So what is
// confirmed is counted here, by what the server itself is known to have.
import { BOUNDS } from './bounds.js';
import * as logScript from './log-storage.js';
import * as tabsScript from './tabs.js';
import { within } from './waiting.js';

// Both are classic scripts: as modules they set their global in a browser, and have a default export in node.
const Tabs = tabsScript.default ?? globalThis.ScuttlebuttTabs;
const Log = logScript.default ?? globalThis.ScuttlebuttLog;

const isSetAside = (record) => record.line.startsWith('{"setAside":');
const stampName = (timestamp, source) => `${timestamp}@${source}`;

/** The stamp of a line of the stored log, or '' if it is none. */
function stampOf(line) {
  try {
    const [, timestamp, source] = JSON.parse(line);
    return stampName(timestamp, source);
  } catch {
    return '';
  }
}

export class Together {
  #host; #tabs = null; #log = null; #timers; #nextTask; #report; #source; #played;
  #status = null; #isHeld; #isOver = false; #ownSources; #leftOut; #links = new Map(); #isSwitched = false;
  #logTimer = null; #isTellDue = false; #isKeeping = false; #unconfirmed = []; #confirmed = 0; #known = new Map();

  /**
   * `name` tells apart what does not belong together; `records` is what the storage of own actions has, of all
   * sources; `tabs` and `log` say whether to have them, or what to play for them in tests; `isHeld` keeps this tab
   * from dialling until it is told to.
   */
  constructor({ name, source, records, tabs, log, WebSocket, isHeld, timers, nextTask, report }) {
    Object.assign(this, { name });
    this.#source = source;
    this.#timers = timers;
    this.#nextTask = nextTask;
    this.#report = report;
    this.#isHeld = isHeld;
    this.#played = { WebSocket, timers, ...tabs };
    this.#ownSources = new Set([source, ...records.map((record) => record.source)]);
    this.#leftOut = new Set(records.filter(isSetAside).map((record) => stampName(record.timestamp, record.source)));
    if (tabs) {
      this.#tabs = Tabs.open({
        name, report, closesWithPage: false, ...this.#played, source,
      });
    }
    if (log) this.#log = Log.open({ name, report, isOwn: (one) => this.#ownSources.has(one), timers, ...log });
  }

  /** What a peer dials with: the server, or the tab that leads. Undefined without tabs. */
  get WebSocket() { return this.#tabs?.WebSocket; }

  get hasTabs() { return this.#tabs !== null; }

  get isFollower() { return this.#status?.role === 'follower'; }

  /** The offline switch, of all tabs. */
  get isOnline() { return !this.#isHeld && this.#tabs.isOnline; }

  // ---- the beginning

  /**
   * Gives the stored lines to `restore`, without those that were set aside; what cannot be read in time is left out.
   * To be called before the first session.
   */
  async restore(restore) {
    if (!this.#log) return;
    const batches = this.#log.load();
    try {
      for (;;) {
        const { value, done } = await within(BOUNDS.startWait, this.#timers, 'the stored log', () => batches.next());
        if (done) return;
        restore(this.#leftOut.size === 0 ? value : value.filter((line) => !this.#leftOut.has(stampOf(line))));
      }
    } catch (error) {
      batches.return();
      this.#report('log', `the stored log was not read to its end: ${error.message ?? error}`);
    }
  }

  /**
   * Begins: the tabs decide who leads, and the peer dials when there is somebody to dial. The host has `core`,
   * `status()`, `serverSession()` (or 0), `accept(socket)`, `dial(isWanted, isAnew)` and `changed()`.
   */
  async start(host) {
    this.#host = host;
    if (!this.#tabs) { this.#keepLog(true); return; }
    this.#tabs.accept = (socket) => this.#accept(socket);
    this.#tabs.subscribe(() => this.#follow());
    await this.#tabs.decided();
    this.#follow();
  }

  #accept(socket) {
    if (socket.source !== null) this.#ownSources.add(socket.source);
    this.#host.accept(socket);
    this.#links.set(socket, socket.source);
    this.#tellSoon();
  }

  /** What the tabs say has changed. */
  #follow() {
    if (this.#isOver) return;
    const before = this.#status;
    const status = this.#status = this.#tabs.status();
    const { role, isOnline } = status;
    if (role === 'deciding' || role === 'closed') return;
    const isWanted = !this.#isHeld && (role === 'follower' || isOnline);
    const isAnew = before?.role !== role;
    if (isAnew || isWanted !== this.#isSwitched) {
      this.#isSwitched = isWanted;
      this.#host.dial(isWanted, isAnew);
    }
    if (isAnew) this.#keepLog(role !== 'follower');
    for (const socket of this.#links.keys()) if (socket.readyState === 3) this.#links.delete(socket);
    this.#count();
    this.#tellSoon();
    this.#host.changed();
  }

  /** Turns the switch, and dials now even if the peer waits to do so later. */
  setOnline(isOnline) {
    this.#isHeld = false;
    this.#tabs.setOnline(isOnline);
    this.#follow();
    if (this.#isSwitched) this.#host.dial(true, false);
  }

  // ---- what the server has

  /** An own action was written, or restored. */
  wrote(timestamp) {
    if (timestamp <= this.#confirmed) return;
    if (!(timestamp < this.#unconfirmed.at(-1))) this.#unconfirmed.push(timestamp);
    else { // restored from two places
      this.#unconfirmed.push(timestamp);
      this.#unconfirmed.sort((a, b) => a - b);
    }
  }

  /** An own action was set aside. */
  forget(timestamp) { this.#unconfirmed = this.#unconfirmed.filter((one) => one !== timestamp); }

  /** The newest own timestamp that the server is known to have; as an earlier life has noted it, to begin with. */
  get confirmed() { return this.#confirmed; }
  set confirmed(timestamp) {
    this.#confirmed = Math.max(this.#confirmed, timestamp);
    const left = this.#unconfirmed.findIndex((one) => one > this.#confirmed);
    if (left !== 0) this.#unconfirmed.splice(0, left < 0 ? this.#unconfirmed.length : left);
  }

  /** How many own actions the server is not known to have. */
  get pending() { return this.#unconfirmed.length; }

  /** Something was sent, received or confirmed. */
  moved() {
    this.#count();
    this.#tellSoon();
  }

  #count() {
    if (this.#unconfirmed.length === 0) return;
    const told = this.isFollower ? this.#status.server?.confirmed[this.#source] : this.#knownToServer(this.#source);
    this.confirmed = told ?? 0;
  }

  /** What the server has of a source. What was sent counts only while nothing of it is to be confirmed. */
  #knownToServer(source) {
    const { core } = this.#host;
    const session = core.fault ? 0 : this.#host.serverSession();
    if (session !== 0) {
      const { hasHeardHeader, hasUnconfirmed } = core.session(session) ?? {};
      if (hasHeardHeader && !hasUnconfirmed) this.#known.set(source, core.known(session, source));
    }
    return this.#known.get(source) ?? 0;
  }

  /** The tab that leads says how it stands with the server, once for all that a task does. */
  #tellSoon() {
    if (this.#isTellDue || !this.#tabs || this.isFollower) return;
    this.#isTellDue = true;
    this.#nextTask(() => {
      this.#isTellDue = false;
      if (this.#isOver || this.isFollower || this.#status === null) return;
      const { phase, attempt, peers, expected } = this.#host.status();
      const confirmed = {};
      for (const source of this.#links.values()) if (source !== null) confirmed[source] = this.#knownToServer(source);
      this.#tabs.tell({ phase, attempt, peers, expected, confirmed });
    });
  }

  /** The status that a badge may show: of two phases of a follower, its own and its leader's, the worse one. */
  view(own) {
    if (!this.isFollower) return own;
    const last = this.#unconfirmed.at(-1) ?? 0;
    const { phase, peers } = Tabs.badge({ ...own, source: this.#source, last }, this.#status);
    const { attempt = own.attempt, expected = own.expected } = this.#status.server ?? {};
    return { ...own, phase, peers, attempt, expected };
  }

  /** What a person should know of tabs and log, each a sentence; mostly there is nothing. */
  get notes() {
    const tabs = this.#status?.role === 'alone' ? [`this tab has ${this.#status.text}`] : [];
    const log = this.#log?.status().text;
    return log ? [...tabs, log] : tabs;
  }

  // ---- everybody's log

  /** The tab that leads writes it. */
  #keepLog(isKeeping) {
    if (!this.#log || isKeeping === this.#isKeeping) return;
    this.#isKeeping = isKeeping;
    const { core } = this.#host;
    // In portions, so that the page may draw in between.
    if (isKeeping) this.#log.lead((header) => (core.fault ? [] : core.changesSince(header, BOUNDS.logPortion)));
    else this.#log.follow();
  }

  /** There are actions that the log lacks. A history that is arriving is left to arrive first, for a while. */
  news(waited = 0) {
    if (!this.#isKeeping || this.#logTimer !== null) return;
    this.#logTimer = this.#timers.setTimeout(() => {
      this.#logTimer = null;
      if (this.#host.status().phase === 'catching-up' && waited < BOUNDS.logWait) this.news(waited + BOUNDS.logPause);
      else this.#log.catchUp();
    }, BOUNDS.logPause);
  }

  /** Resolves when the log has all that this peer has, or it is known why not. */
  async kept() {
    if (!this.#log) return;
    await this.#log.catchUp();
    await this.#log.settled();
  }

  /** The disk is full, and own actions are more important. */
  makeRoom() {
    if (this.#isKeeping) this.#log.makeRoom();
  }

  // ---- the end

  close() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.clearTimeout(this.#logTimer);
    this.#tabs?.close();
    this.#log?.close();
  }
}
