// SPDX-License-Identifier: MIT
//
// The tabs of one browser as peers of each other: one of them leads and alone dials the server; the others dial the
// one that leads, over BroadcastChannel. Every tab stays a peer with a source of its own.
//
//   <script src="tabs.js" defer></script>          defines the global `ScuttlebuttTabs`
//   const tabs = ScuttlebuttTabs.open({ name, accept: (socket) => { … } })
//   const socket = new tabs.WebSocket(url)         dials the server, or the leading tab: a WebSocket to its user
//   tabs.subscribe(() => tabs.status())            who leads, what it knows of the server, the offline switch
//   tabs.setOnline(false)                          for all tabs, and for those to come
//   tabs.tell(status)                              what the leading tab says of its own connection to the server
//
// Who holds the Web Lock leads. A tab that dies gives it up, and a tab that is frozen by notice hands it on. One that
// is frozen without notice keeps it and answers nothing, so the others take it away. That makes two leaders for as
// long as the frozen one does not know; each has a term, one more than the highest it has heard of, and of two that
// hear each other the one with the lower term steps down. Two leaders do no harm: both are peers of the server.
// Where locks or channels are missing or fail, each tab dials by itself, and `status()` says so.
//
// Small messages for everybody go over one channel. Each connection has a channel of its own, so that fifty tabs do
// not hear each other's data. Everything that is heard is checked; pages of another version are not understood.
//
// Over 600 lines because a page takes this one file, without a build step or a second one.
(function (root, make) {
  const api = make();
  if (typeof module === 'object' && module.exports) module.exports = api;
  else root.ScuttlebuttTabs = api;
})(typeof globalThis === 'object' ? globalThis : this, function () {
  'use strict';

  /** Every bound has a name; beyond it the rule in the comment applies. */
  const BOUNDS = {
    links: 56, // tabs that one tab takes; a further one dials the server itself
    lockWait: 1_000, // ms for an answer about the lock; then the tab is alone
    claimWait: 300, // ms in which a leader that lives may object to a new one
    beat: 4_000, // ms of the leader's silence after which it is asked, and up to twice that, at random
    answerWait: 3_000, // ms for its answer; then it counts as frozen
    lateTimer: 1_000, // ms by which a timer comes late when the page slept; then the leader is asked once more
    spread: 500, // ms, at random, before a frozen leader's lock is taken, so that not all tabs do it
    openWait: 3_000, // ms for the leader to take a connection
    linkBeat: 15_000, // ms between two questions to the other side; one that left the last unanswered is gone
    tellPause: 100, // ms between two messages of the leader about itself
    message: 16_777_216, // UTF-16 units of one message of a connection; a longer one ends it
    buffered: 67_108_864, // UTF-16 units that the other tab has not taken yet; more end the connection
    jump: 1_000_000, // by which a term or a count may be ahead of ours; one further ahead is not believed
    reason: 200, // UTF-16 units of a reason, the rest is cut off
    stored: 100, // UTF-16 units of the stored switch; a longer one is not read
    confirmed: 128, // sources of which the leader says what the server has
    source: 1_024, // UTF-16 units of a source; a longer one is none
    reports: 100, // remembered reports
  };

  const FORMAT = 1; // of all messages; others are of another version of the page, and ignored
  const PHASES = ['offline', 'connecting', 'catching-up', 'sending', 'in-sync']; // from worst to best

  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const isId = (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
  const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
  const isSource = (value) => typeof value === 'string' && value !== '' && value.length <= BOUNDS.source;
  const asReason = (value) => String(value).slice(0, BOUNDS.reason);

  /** What `read` gives, or undefined where the browser denies the very access. */
  function allowed(read) {
    try { return read() ?? undefined; } catch { return undefined; }
  }

  function freshId(fill) {
    const bytes = new Uint8Array(16);
    (fill ?? ((array) => globalThis.crypto.getRandomValues(array)))(bytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Runs `body` after what the browser has delivered already: unlike a timer, not slowed down in a hidden page. */
  function nextTask(body) {
    if (typeof setImmediate === 'function') { setImmediate(body); return; }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); body(); };
    port2.postMessage(null);
  }

  /** What a leader says of its connection to the server, with nothing in it that we do not know. */
  function readServer(value) {
    if (!isObject(value) || !PHASES.includes(value.phase)) return null;
    const count = (key) => (isCount(value[key]) ? value[key] : null);
    const confirmed = Object.create(null);
    if (isObject(value.confirmed)) {
      for (const [source, timestamp] of Object.entries(value.confirmed).slice(0, BOUNDS.confirmed)) {
        if (isSource(source) && typeof timestamp === 'number' && timestamp > 0) confirmed[source] = timestamp;
      }
    }
    return {
      phase: value.phase, attempt: count('attempt') ?? 0, peers: count('peers'), expected: count('expected'), confirmed,
    };
  }

  /** The offline switch as it is kept and sent: the higher `count` is the newer. */
  function readSwitch(value, known) {
    const isSwitch = isObject(value) && typeof value.isOnline === 'boolean' && isCount(value.count)
      && value.count <= known + BOUNDS.jump;
    return isSwitch ? { isOnline: value.isOnline, count: value.count } : null;
  }

  // ------------------------------------------------------------------------------------------- connections

  /** One end of a connection between two tabs, with the face of a WebSocket. */
  class Link {
    readyState = 0; bufferedAmount = 0; source = null; onopen = null; onmessage = null; onclose = null; onerror = null;
    #channel; #sent = 0; #taken = 0; #heard = 0; #sizes = []; #isAsked = false; #report; #ended;

    /** `ended(link)` is called once, before `onclose`. */
    constructor({ channel, report, ended }) {
      this.#channel = channel;
      this.#report = report;
      this.#ended = ended;
      channel.onmessage = ({ data }) => this.#take(data);
    }

    #post(message) {
      allowed(() => this.#channel.postMessage({ v: FORMAT, ...message }));
    }

    /** The side that was dialled says that it is there. */
    answer() {
      this.readyState = 1;
      this.#post({ t: 'open' });
    }

    send(text) {
      if (this.readyState === 0) throw new Error('the connection is not open');
      if (this.readyState !== 1) return;
      if (text.length > BOUNDS.message) { this.end('a message is too long'); return; }
      this.#sent += 1;
      this.#sizes.push(text.length);
      this.bufferedAmount += text.length;
      this.#post({ t: 'data', n: this.#sent, text });
      if (this.bufferedAmount > BOUNDS.buffered) this.end('the other tab does not keep up');
    }

    #take(message) {
      if (!isObject(message) || message.v !== FORMAT || this.readyState === 3) return;
      this.#isAsked = false; // whatever it says, it is there
      switch (message.t) {
        case 'open':
          if (this.readyState !== 0) return;
          this.readyState = 1;
          this.#call(this.onopen, {});
          return;
        case 'data':
          if (this.readyState !== 1) return;
          if (typeof message.text !== 'string' || message.text.length > BOUNDS.message) {
            this.end('a message is no text, or too long');
          } else if (message.n !== this.#heard + 1) {
            this.end('a message was lost'); // the next connection begins with what is missing
          } else {
            this.#heard += 1;
            this.#call(this.onmessage, { data: message.text });
            this.#post({ t: 'taken', n: this.#heard });
          }
          return;
        case 'taken':
          if (!isCount(message.n) || message.n > this.#sent) { this.end('a count is wrong'); return; }
          for (; this.#taken < message.n; this.#taken++) this.bufferedAmount -= this.#sizes.shift();
          return;
        case 'ask':
          if (message.n === this.#heard) this.#post({ t: 'here' });
          else this.end('a message was lost');
          return;
        case 'close': this.end(message.reason, false); return;
        default: // 'here'
      }
    }

    #call(listener, event) {
      try { listener?.(event); } catch (error) { this.#report('listener', String(error)); }
    }

    /** Asks whether the other tab is still there; ends the connection if the last question was not answered. */
    check() {
      if (this.#isAsked) { this.end('the tab does not answer'); return; }
      this.#isAsked = true;
      this.#post({ t: 'ask', n: this.#sent });
    }

    /** Ends the connection; `onclose` is called as if the other side had done it. */
    end(reason, tells = true) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      if (tells) this.#post({ t: 'close', reason: asReason(reason) });
      // What was posted is delivered all the same.
      allowed(() => this.#channel.close());
      this.#ended(this);
      this.#call(this.onclose, { code: 1006, reason: asReason(reason), wasClean: false });
    }

    close() { this.end('closed'); }
  }

  // --------------------------------------------------------------------------------------------- the tabs

  class Tabs {
    #options; #name; #timers; #now; #random; #nextTask; #locks; #channel = null; #subscribers = new Set();
    #role = 'deciding'; #reason = null; #term = 0; #leader = null; #server = null;
    #switch = { isOnline: true, count: 0 };
    #letGo = null; #waiting = null; #objection = null; #asked = false; #watchTimer = null; #retryTimer = null;
    #tellTimer = null; #isTellDue = false; #linkTimer = null; #sockets = new Set(); #links = new Map(); #decided = [];
    #stopListening = () => {};

    /** Use `open`. */
    constructor(options) {
      this.#options = options;
      this.#name = options.name ?? 'scuttlebutt';
      this.#timers = options.timers ?? {
        setTimeout: (body, delay) => globalThis.setTimeout(body, delay),
        clearTimeout: (timer) => globalThis.clearTimeout(timer),
      };
      this.#now = options.now ?? Date.now;
      this.#random = options.random ?? Math.random;
      this.#nextTask = options.nextTask ?? nextTask;
      this.#locks = 'locks' in options ? options.locks : allowed(() => globalThis.navigator?.locks);
      this.id = freshId(options.fill);
      this.reports = [];
      /**
       * Called with the socket of a tab that dials this one, while this one leads; `socket.source` is as whom that tab
       * writes, or null if it has not said so.
       */
      this.accept = options.accept ?? null;
      /** As whom this tab writes, for the one that leads. */
      this.source = options.source ?? null;
      const tabs = this;
      /** Dials the server, or the tab that leads. */
      this.WebSocket = class extends Socket {
        constructor(url) {
          super(tabs.#sockets, url);
          tabs.#dial(this);
        }
      };
      this.#readStoredSwitch();
      this.#checkLinksLater();
      this.#listen(options.window ?? globalThis);
      this.#start();
    }

    // ---- reading

    /**
     * `role`: 'deciding', 'leader', 'follower', 'alone' (this tab dials the server itself although others may be open;
     * `reason` says why) or 'closed'. `tabs`: how many are connected with each other, as far as known. `server`: what
     * the leading tab says of its connection to the server, null if nothing is known. `isOnline`: the switch.
     */
    status() {
      const server = this.#role === 'follower' ? this.#leader?.server ?? null : this.#server;
      const tabs = this.#role === 'leader' ? this.#links.size + 1 : this.#leader?.tabs ?? 1;
      const text = {
        deciding: () => 'looking for other tabs',
        leader: () => (tabs > 1 ? `leads ${tabs} tabs` : 'the only tab'),
        follower: () => (this.#leader ? `one of ${tabs} tabs` : 'looking for the tab that leads'),
        alone: () => `a connection of its own: ${this.#reason}`,
        closed: () => 'closed',
      }[this.#role]();
      return { role: this.#role, reason: this.#reason, tabs, server, isOnline: this.#switch.isOnline, text };
    }

    /** Calls `listener` with `status()` when that may have changed. Returns a function that ends it. */
    subscribe(listener) {
      const registration = { listener };
      this.#subscribers.add(registration);
      return () => { this.#subscribers.delete(registration); };
    }

    /** Resolves when it is decided who dials whom, within a few seconds. */
    decided() {
      if (this.#role !== 'deciding') return Promise.resolve();
      return new Promise((resolve) => { this.#decided.push(resolve); });
    }

    #notify() {
      if (this.#role !== 'deciding') for (const resolve of this.#decided.splice(0)) resolve();
      const status = this.status();
      for (const { listener } of [...this.#subscribers]) {
        try { listener(status); } catch (error) { this.#report('listener', String(error)); }
      }
    }

    #report(kind, text) {
      this.reports.push({ kind, text });
      if (this.reports.length > BOUNDS.reports) this.reports.shift();
      this.#options.report?.(kind, text);
    }

    // ---- the offline switch

    #storage() {
      return 'storage' in this.#options ? this.#options.storage : allowed(() => globalThis.localStorage);
    }

    #readStoredSwitch() {
      const text = allowed(() => this.#storage()?.getItem(`${this.#name}:switch`));
      // What is stored may have any count: nobody else can have said it before.
      if (typeof text !== 'string' || text.length > BOUNDS.stored) return;
      this.#turn(readSwitch(allowed(() => JSON.parse(text)), 2 ** 50));
    }

    /** Whether this browser may be connected to the server. */
    get isOnline() { return this.#switch.isOnline; }

    /** Turns the switch, for all tabs of this browser and for those to come. */
    setOnline(isOnline) {
      if (isOnline === this.#switch.isOnline) return;
      this.#turn({ isOnline, count: this.#switch.count + 1 });
      this.#post({ t: 'switch', switch: this.#switch });
    }

    /** Takes a newer position of the switch. Of two that were turned at once, offline counts. */
    #turn(wanted) {
      const { isOnline, count } = this.#switch;
      if (!wanted || wanted.count < count || (wanted.count === count && (wanted.isOnline || !isOnline))) return;
      this.#switch = wanted;
      allowed(() => this.#storage()?.setItem(`${this.#name}:switch`, JSON.stringify(wanted)));
      if (!wanted.isOnline) for (const socket of [...this.#sockets]) if (!socket.isLink) socket.end('switched offline');
      this.#notify();
    }

    // ---- who leads

    async #start() {
      try {
        if (!this.#locks) throw new Error('this page has no locks');
        if (!this.#channelClass()) throw new Error('this browser has no BroadcastChannel');
        this.#channel = this.#openChannel('');
        this.#channel.onmessage = ({ data }) => this.#hear(data);
        const isHeld = await this.#request({ ifAvailable: true }, BOUNDS.lockWait);
        if (this.#role !== 'deciding') this.#giveUp();
        else if (isHeld && this.#letGo) this.#lead();
        else this.#follow();
      } catch (error) {
        this.#beAlone(error.message ?? String(error));
      }
    }

    #channelClass() {
      return 'BroadcastChannel' in this.#options ? this.#options.BroadcastChannel : globalThis.BroadcastChannel;
    }

    #openChannel(suffix) {
      const Channel = this.#channelClass();
      return new Channel(`${this.#name}:tabs:${FORMAT}${suffix}`);
    }

    /** Asks for the lock; resolves with whether it is ours. One that comes when nobody waits any more is let go. */
    #request(options, limit) {
      return new Promise((resolve, reject) => {
        let isOver = false;
        const timer = limit && this.#timers.setTimeout(() => this.#nextTask(() => {
          if (isOver) return;
          isOver = true;
          reject(new Error(`the locks did not answer in ${limit} ms`));
        }), limit);
        const settle = (body) => { isOver = true; this.#timers.clearTimeout(timer); body(); };
        let letGo = null;
        const granted = (lock) => {
          if (isOver) return undefined;
          if (!lock) { settle(() => resolve(false)); return undefined; }
          return new Promise((release) => {
            letGo = release;
            this.#letGo = release;
            settle(() => resolve(true));
          });
        };
        const failed = (error) => {
          if (!isOver) { settle(() => reject(error)); return; }
          // Somebody took it away, as one does who does not hear us.
          if (letGo === null || this.#letGo !== letGo) return;
          this.#letGo = null;
          this.#stepDown('another tab took the lead');
        };
        try {
          this.#locks.request(`${this.#name}:tabs:${FORMAT}`, options, granted).catch(failed);
        } catch (error) {
          failed(error);
        }
      });
    }

    #giveUp() {
      this.#letGo?.();
      this.#letGo = null;
    }

    /** Waits in the queue of the lock, for as long as this tab follows. */
    #queue() {
      if (this.#waiting || this.#role !== 'follower') return;
      const abort = this.#waiting = new AbortController();
      this.#request({ signal: abort.signal }).then(() => {
        this.#waiting = null;
        this.#claim();
      }, () => { if (this.#waiting === abort) this.#waiting = null; }); // the watch goes on
    }

    #leaveQueue() {
      this.#waiting?.abort();
      this.#waiting = null;
      this.#timers.clearTimeout(this.#retryTimer);
    }

    /** Leads, unless a leader that lives objects: locks have been handed to two. */
    #claim() {
      if (this.#role === 'leader') return; // taken away from ourselves
      if (this.#role !== 'follower') { this.#giveUp(); return; }
      if (!this.#letGo) { this.#queueLater(); return; } // this tab slept, and it was taken away meanwhile
      if (!this.#leader) { this.#lead(); return; }
      const timer = this.#timers.setTimeout(() => {
        this.#objection = null;
        if (this.#role === 'follower' && this.#letGo) { this.#lead(); return; }
        this.#giveUp();
        this.#queueLater();
      }, BOUNDS.claimWait);
      this.#objection = () => {
        this.#objection = null;
        this.#timers.clearTimeout(timer);
        this.#giveUp();
        this.#queueLater();
      };
      this.#post({ t: 'ask' });
    }

    #queueLater() {
      this.#timers.clearTimeout(this.#retryTimer);
      this.#retryTimer = this.#timers.setTimeout(() => this.#queue(), BOUNDS.beat);
    }

    #lead() {
      this.#leaveQueue();
      this.#timers.clearTimeout(this.#watchTimer);
      this.#role = 'leader';
      this.#term += 1;
      this.#leader = null;
      this.#server = null;
      this.#announce();
      this.#endSockets('this tab leads now');
      this.#notify();
    }

    #follow() {
      this.#role = 'follower';
      this.#queue();
      this.#ask();
      this.#notify();
    }

    #stepDown(reason) {
      if (this.#role !== 'leader') return;
      this.#report('tabs', reason);
      this.#endLeading(reason);
      this.#role = 'follower';
      this.#queueLater();
      this.#ask();
      this.#notify();
    }

    #endLeading(reason) {
      this.#giveUp();
      this.#timers.clearTimeout(this.#tellTimer);
      this.#tellTimer = null;
      this.#server = null;
      for (const link of [...this.#links.values()]) link.end(reason);
      this.#endSockets(reason);
    }

    #beAlone(reason) {
      if (this.#role === 'closed') return;
      this.#role = 'alone';
      this.#reason = asReason(reason);
      this.#report('tabs', `this tab dials by itself: ${this.#reason}`);
      this.#giveUp();
      this.#leaveQueue();
      this.#timers.clearTimeout(this.#watchTimer);
      this.#leader = null;
      this.#endSockets(this.#reason);
      this.#notify();
    }

    /** Ends this tab's part, and lets another one lead. */
    close() {
      if (this.#role === 'closed') return;
      this.#leave('the tab was closed');
      this.#role = 'closed';
      this.#timers.clearTimeout(this.#linkTimer);
      this.#stopListening();
      allowed(() => this.#channel?.close());
      this.#notify();
    }

    #leave(reason) {
      if (this.#role === 'leader') this.#post({ t: 'bye' });
      this.#leaveQueue();
      this.#timers.clearTimeout(this.#watchTimer);
      this.#objection = null;
      this.#endLeading(reason);
    }

    /** The browser's own signs: a page that is about to be frozen hands the lead on. */
    #listen(window) {
      const { document } = window;
      const freeze = () => {
        if (this.#role !== 'leader' && this.#role !== 'follower') return;
        this.#leave('the tab is frozen');
        this.#role = 'deciding';
        this.#leader = null;
      };
      const resume = () => { if (this.#role === 'deciding' && this.#channel) this.#follow(); };
      const stored = (event) => { if (event.key === `${this.#name}:switch`) this.#readStoredSwitch(); };
      const hide = () => this.close();
      const listeners = [
        [document, 'freeze', freeze], [document, 'resume', resume], [window, 'storage', stored],
        ...(this.#options.closesWithPage === false ? [] : [[window, 'pagehide', hide]]),
      ];
      for (const [target, event, listener] of listeners) target?.addEventListener?.(event, listener);
      this.#stopListening = () => {
        for (const [target, event, listener] of listeners) target?.removeEventListener?.(event, listener);
      };
    }

    // ---- whether the leader is there

    /** Wants a sign of the leader: the watch ends with it, or with the lead taken away. */
    #ask(isRepeated = false) {
      this.#asked = true;
      this.#post({ t: 'ask' });
      this.#watch(BOUNDS.answerWait, (isLate) => {
        if (isLate && !isRepeated) this.#ask(true); // this tab slept as well
        else this.#usurp();
      });
    }

    #watch(delay, body) {
      this.#timers.clearTimeout(this.#watchTimer);
      const due = this.#now() + delay;
      const timer = this.#watchTimer = this.#timers.setTimeout(() => {
        const isLate = this.#now() - due > BOUNDS.lateTimer;
        // After sleep the timer may come before an answer that is there already.
        this.#nextTask(() => { if (this.#role === 'follower' && this.#watchTimer === timer) body(isLate); });
      }, delay);
    }

    /** The leader has spoken. */
    #heardLeader() {
      if (this.#role !== 'follower') return;
      this.#asked = false;
      this.#watch(BOUNDS.beat * (1 + this.#random()), () => this.#ask());
    }

    /** Takes the lead from a tab that does not answer. */
    #usurp() {
      this.#report('tabs', 'the leading tab does not answer');
      this.#forgetLeader('the leading tab does not answer');
      this.#watch(BOUNDS.spread * this.#random(), () => {
        this.#leaveQueue();
        this.#request({ steal: true }, BOUNDS.lockWait).then(() => this.#claim(), (error) => {
          if (this.#role === 'follower') this.#beAlone(error.message ?? String(error));
        });
      });
    }

    #forgetLeader(reason) {
      this.#leader = null;
      this.#endSockets(reason);
      this.#notify();
    }

    #endSockets(reason) {
      for (const socket of [...this.#sockets]) if (socket.isDialling) socket.end(reason);
    }

    // ---- what tabs say to each other

    #post(message) {
      if (this.#role === 'alone' && message.t !== 'switch') return;
      allowed(() => this.#channel?.postMessage({ v: FORMAT, from: this.id, ...message }));
    }

    /**
     * What the leading tab says of its connection to the server: `phase`, `attempt`, `peers`, `expected` as in a
     * peer's status, and `confirmed`, the newest timestamp that the server has of each source, for those of tabs.
     */
    tell(server) {
      const told = readServer(server);
      if (JSON.stringify(told) === JSON.stringify(this.#server)) return;
      this.#server = told;
      if (this.#role === 'leader') this.#announceSoon();
    }

    #announce() {
      if (this.#role !== 'leader') return;
      this.#isTellDue = false;
      const tabs = this.#links.size + 1;
      this.#post({ t: 'lead', term: this.#term, tabs, server: this.#server, switch: this.#switch });
    }

    /** Says it at once, but not many times in a row. */
    #announceSoon() {
      if (this.#role !== 'leader') return;
      if (this.#tellTimer !== null) { this.#isTellDue = true; return; }
      this.#announce();
      this.#tellTimer = this.#timers.setTimeout(() => {
        this.#tellTimer = null;
        if (this.#isTellDue) this.#announceSoon();
      }, BOUNDS.tellPause);
    }

    #hear(message) {
      if (!isObject(message) || message.v !== FORMAT || !isId(message.from) || message.from === this.id) return;
      if (this.#role === 'closed') return;
      switch (message.t) {
        case 'ask': if (this.#role === 'leader') this.#announceSoon(); return;
        case 'lead': this.#hearLead(message); return;
        case 'bye': if (message.from === this.#leader?.id) this.#forgetLeader('the leading tab has gone'); return;
        case 'switch': this.#turn(readSwitch(message.switch, this.#switch.count)); return;
        case 'dial': if (message.to === this.id && isId(message.link)) this.#take(message); return;
        case 'refuse': this.#refused(message); return;
        default: // something that this version does not know
      }
    }

    #hearLead({ from, term, tabs, server, switch: position }) {
      if (!isCount(term) || term > this.#term + BOUNDS.jump || !isCount(tabs)) return;
      this.#turn(readSwitch(position, this.#switch.count));
      if (position?.count < this.#switch.count) this.#post({ t: 'switch', switch: this.#switch });
      if (this.#role === 'alone') return;
      const isAhead = (one, other) => one.term > other.term || (one.term === other.term && one.id > other.id);
      if (this.#role === 'leader') {
        if (isAhead({ term: this.#term, id: this.id }, { term, id: from })) { this.#announceSoon(); return; }
        this.#term = Math.max(this.#term, term);
        this.#stepDown('another tab leads as well');
      }
      this.#term = Math.max(this.#term, term);
      const known = this.#leader;
      if (known && known.id !== from && isAhead(known, { term, id: from })) return;
      this.#leader = { id: from, term, tabs, server: readServer(server) };
      this.#objection?.();
      this.#heardLeader();
      if (known && known.id !== from) this.#endSockets('another tab leads now');
      for (const socket of [...this.#sockets]) socket.found?.(); // those that wait for somebody to dial
      this.#notify();
    }

    // ---- connections

    /** A tab dials this one. */
    #take({ link: id, source }) {
      if (this.#links.has(id)) return;
      const isFull = this.#links.size >= BOUNDS.links;
      if (this.#role !== 'leader' || !this.accept || isFull) {
        this.#post({ t: 'refuse', link: id, isFull: this.#role === 'leader' && isFull });
        return;
      }
      const link = this.#makeLink(id, () => {
        this.#links.delete(id);
        this.#announceSoon();
        this.#notify();
      });
      if (!link) return;
      this.#links.set(id, link);
      if (isSource(source)) link.source = source;
      link.answer();
      try {
        this.accept(link);
      } catch (error) {
        this.#report('accept', String(error));
        link.end('not accepted');
        return;
      }
      this.#announceSoon();
      this.#notify();
    }

    #makeLink(id, ended) {
      const channel = allowed(() => this.#openChannel(`:${id}`));
      return channel && new Link({ channel, ended, report: (kind, text) => this.#report(kind, text) });
    }

    /** Asks both who dialled us and whom we dialled: the word that a connection has ended may be lost. */
    #checkLinks() {
      for (const link of [...this.#links.values()]) link.check();
      for (const socket of [...this.#sockets]) socket.check();
      this.#announceSoon(); // another leader that nobody else hears is to hear of us
      this.#checkLinksLater();
    }

    #checkLinksLater() {
      this.#linkTimer = this.#timers.setTimeout(() => this.#nextTask(() => {
        if (this.#role !== 'closed') this.#checkLinks();
      }), BOUNDS.linkBeat);
    }

    #refused({ link, isFull }) {
      for (const socket of this.#sockets) {
        if (socket.link !== link || link === null) continue;
        if (isFull === true) this.#beAlone(`the leading tab has ${BOUNDS.links} already`);
        else socket.end('the other tab does not lead');
      }
    }

    async #dial(socket) {
      await this.decided();
      if (socket.readyState !== 0) return;
      if (this.#role === 'follower') this.#dialLeader(socket);
      else if (this.#role === 'closed') socket.end('the tabs are closed');
      else if (!this.#switch.isOnline) socket.end('switched offline');
      else this.#dialServer(socket);
    }

    #dialServer(socket) {
      socket.isDialling = true;
      try {
        const Real = this.#options.WebSocket ?? globalThis.WebSocket;
        socket.carry(new Real(socket.url));
      } catch (error) {
        socket.end(String(error));
      }
    }

    #dialLeader(socket) {
      socket.isLink = socket.isDialling = true;
      const timer = this.#timers.setTimeout(() => socket.end('the leading tab does not answer'), BOUNDS.openWait);
      socket.ended = () => this.#timers.clearTimeout(timer);
      socket.found = () => {
        socket.found = null;
        socket.link = freshId(this.#options.fill);
        const link = this.#makeLink(socket.link, () => {});
        if (!link) { socket.end('the browser opens no channel'); return; }
        socket.carry(link);
        this.#post({ t: 'dial', link: socket.link, to: this.#leader.id, source: this.source });
      };
      if (this.#leader) socket.found();
      else if (!this.#asked) this.#ask();
    }
  }

  /** What a user sees of a connection, whoever carries it. */
  class Socket {
    readyState = 0; onopen = null; onmessage = null; onclose = null; onerror = null;
    isDialling = false; isLink = false; link = null; found = null; ended = null;
    #carrier = null; #all;

    constructor(all, url) {
      this.#all = all;
      this.url = url;
      all.add(this);
    }

    get bufferedAmount() { return this.#carrier?.bufferedAmount ?? 0; }

    carry(carrier) {
      this.#carrier = carrier;
      carrier.onopen = () => {
        if (this.readyState !== 0) return;
        this.readyState = 1;
        this.ended?.();
        this.onopen?.({});
      };
      carrier.onmessage = (event) => { if (this.readyState === 1) this.onmessage?.(event); };
      carrier.onerror = () => this.onerror?.({});
      carrier.onclose = (event) => this.#finish(event);
    }

    send(text) {
      if (this.readyState === 0) throw new Error('the connection is not open');
      if (this.readyState === 1) this.#carrier.send(text);
    }

    close() {
      if (this.readyState < 2) this.end('closed');
    }

    /** Asks the other tab for a sign of life; the server is asked by the peer itself. */
    check() {
      if (this.isLink && this.readyState === 1) this.#carrier.check();
    }

    /** Ends it from this side. */
    end(reason) {
      const carrier = this.#carrier;
      if (carrier) {
        carrier.onopen = carrier.onmessage = carrier.onclose = null;
        carrier.onerror = () => {};
        allowed(() => carrier.close());
      }
      this.#finish({ code: 1006, reason: asReason(reason), wasClean: false });
    }

    #finish(event) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.#all.delete(this);
      this.ended?.();
      this.onclose?.(event);
    }
  }

  /**
   * The status that a badge may show. A follower has what the leader has, and the leader may not have reached the
   * server: of the two phases the worse one counts. `own` is the peer's own status, with `source` and `last` (its
   * newest own timestamp, 0 for none) if the leader is to say what the server has of it.
   */
  function badge(own, { role, server, isOnline }) {
    if (role !== 'follower') return own;
    const waiting = own.pending > 0 ? ` · ${own.pending} to send` : '';
    let phase = own.phase;
    const worse = (other) => { if (PHASES.indexOf(other) < PHASES.indexOf(phase)) phase = other; };
    worse(isOnline ? server?.phase ?? 'connecting' : 'offline');
    if (server && own.last > (server.confirmed[own.source] ?? 0)) worse('sending');
    const peers = server?.peers ?? null;
    const text = {
      'offline': () => `offline${waiting}`,
      'connecting': () => `offline · connecting${server?.attempt > 0 ? ` (attempt ${server.attempt})` : ''}${waiting}`,
      'catching-up': () => (
        `catching up ${own.received}${server?.expected > own.received ? ` of ${server.expected}` : ''}`),
      'sending': () => `sending${own.pending > 0 ? ` ${own.pending}` : ''}`,
      'in-sync': () => (peers === null ? 'in sync' : `in sync with ${peers} ${peers === 1 ? 'peer' : 'peers'}`),
    }[phase]();
    return { ...own, phase, peers, text };
  }

  /**
   * Joins the tabs of this browser. Options: `name` (of the locks and channels), `accept(socket)`, `source` (as whom
   * this tab writes), `report(kind, text)`, `closesWithPage` (false if the page calls `close`); for
   * tests `locks`, `BroadcastChannel`, `storage` (localStorage), `WebSocket`, `timers`,
   * `now`, `random`, `fill`, `nextTask`, `window`.
   */
  const open = (options = {}) => new Tabs(options);

  return { open, badge, BOUNDS, FORMAT };
});
