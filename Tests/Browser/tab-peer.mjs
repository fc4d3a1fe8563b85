// SPDX-License-Identifier: MIT
//
// A small peer over the core, for tests of tabs in node and in Chromium: it dials through `tabs`, accepts the tabs
// that dial it, and tells them of its connection to the server.

const BUFFERED = 1_048_576; // bytes waiting in a socket; above it we wait
const REDIAL = 500; // ms after a connection was lost

export class TabPeer {
  sessions = new Map(); // socket → session of the core
  socket = null; // the one that was dialled
  isSynced = false;
  #core; #tabs; #log; #url; #timers; #isWaiting = false; #isKeeping = false;

  /** `log` is a stored log, if there is one, and `stored` what it gave. */
  static async open({ Core, module, source, reducer, tabs, log = null, stored = [], url, timers }) {
    const peer = new TabPeer();
    timers ??= { setTimeout: (body, delay) => setTimeout(body, delay) };
    peer.#core = await Core.open({
      module, source, reducer, timers, onEvent: (...event) => peer.#happened(...event),
    });
    Object.assign(peer, { source, tabs });
    peer.#log = log;
    if (stored.length > 0) peer.#core.restore(stored);
    peer.#foldAll();
    peer.#tabs = tabs;
    peer.#url = url;
    peer.#timers = timers;
    tabs.accept = (socket) => peer.#open(socket);
    tabs.subscribe(() => peer.#follow());
    await tabs.decided();
    peer.#follow();
    return peer;
  }

  get state() { return this.#core.state; }

  header() { return this.#core.header(); }

  dispatch(action) {
    const entry = this.#core.dispatch(action);
    if (this.#isKeeping) this.#log.append(this.#core.lines(this.#core.number('actions') - 1, 1));
    this.#pump();
    return entry;
  }

  phase() {
    if (!this.#tabs.isOnline && this.#tabs.status().role !== 'follower') return 'offline';
    return this.isSynced ? 'in-sync' : this.sessions.has(this.socket) ? 'catching-up' : 'connecting';
  }

  /** Dials when there is somebody to dial: a follower its leader, whatever the switch says. */
  #follow() {
    const { role, isOnline } = this.#tabs.status();
    const mayDial = role === 'follower' || (isOnline && (role === 'leader' || role === 'alone'));
    if (mayDial && !this.socket && !this.#isWaiting) this.#dial();
    this.#keep(role !== 'follower');
    this.#tell();
  }

  /** The tab that leads keeps everybody's log. */
  #keep(isLeading) {
    if (!this.#log || isLeading === this.#isKeeping) return;
    this.#isKeeping = isLeading;
    if (isLeading) this.#log.lead((header) => this.#core.changesSince(header));
    else this.#log.follow();
  }

  #foldAll() {
    while (this.#core.fold() > 0) { /* small histories */ }
  }

  #dial() {
    const socket = this.socket = new this.#tabs.WebSocket(this.#url);
    socket.onopen = () => this.#open(socket);
    socket.onclose = () => {
      this.#ended(socket);
      this.socket = null;
      this.isSynced = false;
      this.#isWaiting = true;
      this.#tell();
      this.#timers.setTimeout(() => {
        this.#isWaiting = false;
        this.#follow();
      }, REDIAL);
    };
  }

  #open(socket) {
    this.sessions.set(socket, this.#core.openSession());
    socket.onmessage = ({ data }) => {
      const session = this.sessions.get(socket);
      if (session === undefined) return;
      this.#core.receive(session, data);
      this.#foldAll();
      this.#pump();
      this.#tell();
    };
    if (socket !== this.socket) socket.onclose = () => this.#ended(socket);
    this.#pump();
    this.#tell();
  }

  #ended(socket) {
    const session = this.sessions.get(socket);
    this.sessions.delete(socket);
    if (session !== undefined) this.#core.closed(session);
  }

  #pump() {
    for (const [socket, session] of [...this.sessions]) {
      while (socket.bufferedAmount < BUFFERED) {
        const lines = this.#core.pull(session);
        if (lines === null) break;
        socket.send(lines);
      }
    }
  }

  #happened(kind, session, count) {
    if (kind === 'accepted' && this.#isKeeping) this.#log.append(this.#core.lines(session, count)); // from that number
    if (kind === 'synced' && session === this.sessions.get(this.socket)) this.isSynced = true;
    if (kind === 'close') {
      for (const [socket, one] of [...this.sessions]) {
        if (one !== session) continue;
        this.sessions.delete(socket);
        socket.close();
      }
    }
  }

  #tell() {
    if (this.#tabs.status().role !== 'follower') this.#tabs.tell({ phase: this.phase(), peers: 1 });
  }
}
