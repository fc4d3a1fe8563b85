// SPDX-License-Identifier: MIT
//
// A machine between a peer and a server that does to their connections what proxies, address
// translators and bad lines do. 'up' is from the peer to the server, 'down' is the way back.
import { connect, createServer } from 'node:net';
import { Watch } from './watch.mjs';

/** Bytes that wait in one direction before the sender is held back. */
const LONGEST_QUEUE = 65_536;

/**
 * Dials within this time (ms) of each other are one: a client may ask for something first, and
 * where that fails at once the box has not seen that it is a plain request.
 */
const ONE_DIAL = 200;

/** One direction of a link: what comes from one socket goes to the other, or does not. */
class Lane {
  #link; #from; #to; #watch; #direction;
  #queue = []; #size = 0; #timer = null; #hasEnded = false; #isFinished = false;
  /** 'pass', 'swallow' (read and forget), 'freeze' (read no more), 'delay' or 'trickle'. */
  #mode = 'pass'; #pace = 0;
  /** Whether the end of the stream is kept from the other side. */
  isEndHidden = false;

  constructor(link, direction, from, to, wire) {
    this.#link = link;
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#watch = new Watch(wire, direction);
    from.on('data', (chunk) => this.#received(chunk));
    from.on('end', () => {
      this.#hasEnded = true;
      this.#link.passes(this.#direction, 'end');
      this.#pump();
    });
    to.on('drain', () => this.#flow());
  }

  /** `pace` is the delay in ms, or for a trickle the ms between two bytes. */
  set(mode, pace = 0) {
    this.#mode = mode;
    this.#pace = pace;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (mode === 'swallow') this.#empty();
    for (const item of this.#queue) item.due = Math.min(item.due, Date.now() + pace);
    this.#flow();
    this.#pump();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#empty();
  }

  #empty() {
    this.#queue = [];
    this.#size = 0;
  }

  #flow() {
    const isFull = this.#size > LONGEST_QUEUE || this.#to.writableNeedDrain;
    if (this.#mode === 'freeze' || (this.#mode !== 'swallow' && isFull)) this.#from.pause();
    else this.#from.resume();
  }

  #received(chunk) {
    let taken = 0;
    for (const { kind, start, end } of this.#watch.feed(chunk)) {
      this.#link.seen(this.#direction, kind);
      const fault = this.#link.due(this.#direction, kind);
      if (!fault) continue;
      // A fault in the middle of a piece lets half of what has not gone yet through.
      const begin = Math.max(start, 0);
      const cut = fault.isMidPiece ? begin + Math.ceil((end - begin) / 2) : end;
      this.#take(chunk.subarray(taken, cut));
      taken = cut;
      this.#link.strike(fault);
    }
    this.#take(chunk.subarray(taken));
  }

  #take(bytes) {
    if (bytes.length === 0 || this.#mode === 'swallow' || this.#to.destroyed) return;
    this.#queue.push({ bytes, due: Date.now() + (this.#mode === 'delay' ? this.#pace : 0) });
    this.#size += bytes.length;
    this.#pump();
    this.#flow();
  }

  #pump() {
    if (this.#timer || this.#mode === 'freeze' || this.#isFinished) return;
    while (this.#queue.length > 0) {
      const item = this.#queue[0];
      const wait = item.due - Date.now();
      if (wait > 0) { this.#again(wait); return; }
      const count = this.#mode === 'trickle' ? 1 : item.bytes.length;
      this.#to.write(item.bytes.subarray(0, count));
      this.#size -= count;
      if (count === item.bytes.length) this.#queue.shift();
      else item.bytes = item.bytes.subarray(count);
      if (this.#mode === 'trickle') { this.#again(this.#pace); break; }
    }
    this.#flow();
    if (this.#queue.length === 0 && this.#hasEnded && !this.isEndHidden) {
      this.#isFinished = true;
      this.#to.end();
    }
  }

  #again(delay) {
    this.#timer = setTimeout(() => { this.#timer = null; this.#pump(); }, delay);
  }
}

/** One connection of a peer through the box. */
class Link {
  #box; #isClosed = false;
  /** When a fault struck it (ms since 1970), or null; and whether it can carry anything since. */
  struckAt = null; isDeaf = false;
  /** Whether it is a plain request and no attempt to gossip. */
  isAside = false;
  #updates = 0; #hasSynced = false;

  constructor(box, near) {
    this.#box = box;
    this.openedAt = this.lastBytesAt = Date.now();
    this.near = near;
    this.far = connect({ port: box.target(), host: '127.0.0.1', allowHalfOpen: true });
    this.up = new Lane(this, 'up', near, this.far, box.wire);
    this.down = new Lane(this, 'down', this.far, near, box.wire);
    for (const socket of [near, this.far]) {
      socket.setNoDelay(true);
      socket.on('data', () => { this.lastBytesAt = Date.now(); });
      socket.on('error', () => {});
      socket.on('close', () => this.#closed(socket));
    }
  }

  /** Whether a peer is still there. */
  get isOpen() { return !this.near.destroyed && !this.near.readableEnded; }

  /** A side is gone for good; the other hears of it unless the fault hides that. */
  #closed(socket) {
    const lane = socket === this.near ? this.up : this.down;
    const other = socket === this.near ? this.far : this.near;
    if (!lane.isEndHidden && !other.destroyed) other.destroySoon();
    if (this.near.destroyed && this.far.destroyed && !this.#isClosed) {
      this.#isClosed = true;
      this.up.stop();
      this.down.stop();
      this.#box.forget(this);
    }
  }

  seen(direction, kind) {
    if (direction === 'down' && kind === 'update' && !this.#hasSynced) this.#updates += 1;
    if (direction === 'down' && kind === 'sync') this.#hasSynced = true;
    if (direction === 'up' && kind === 'head') this.isAside = true;
    if (direction === 'up' && kind === 'upgrade') this.isAside = false;
    this.#box.counted(direction, kind);
  }

  /** The fault that strikes now that this piece has come, or null. */
  due(direction, kind) {
    if (this.struckAt !== null) return null;
    const plan = this.#box.plan;
    const hasCome = {
      header: () => direction === 'down' && kind === 'header',
      history: () => direction === 'down' && kind === 'update' && this.#updates === 3,
      live: () => direction === 'up' && kind === 'update' && this.#hasSynced,
      closing: () => direction === 'up',
    }[plan?.moment]?.();
    return hasCome ? plan.fault : null;
  }

  /** The end of a direction can be a moment too. */
  passes(direction, kind) {
    const fault = this.due(direction, kind);
    if (fault) this.strike(fault);
  }

  strike(fault) {
    if (this.struckAt !== null) return;
    this.struckAt = Date.now();
    this.isDeaf = fault.isDeaf ?? false;
    this.#box.struck.push(this);
    fault.strike(this);
  }

  /** Both directions at once. */
  set(mode, pace) {
    this.up.set(mode, pace);
    this.down.set(mode, pace);
  }

  /** Forgets from now on what comes that way (or both), the end of the stream included. */
  silence(...lanes) {
    for (const lane of lanes.length > 0 ? lanes : [this.up, this.down]) {
      lane.set('swallow');
      lane.isEndHidden = true;
    }
  }

  /** Ends both sides in good order: FIN. */
  close() {
    this.set('swallow');
    this.near.destroySoon();
    this.far.destroySoon();
  }

  /** Ends both sides at once: RST, behind what has been written. */
  reset() {
    this.silence(); // otherwise the end of the first would reach the second as a FIN
    for (const socket of [this.near, this.far]) {
      // `resetAndDestroy` ends the stream first, so that a FIN may go before the RST.
      const reset = () => { socket.resetAndClosing = true; socket.destroy(); };
      if (socket.connecting) socket.destroy();
      else socket.write('', reset);
    }
  }

  /** The server's side ends and the peer is not told. */
  loseServer() {
    this.set('swallow');
    this.silence(this.down);
    this.far.destroy();
  }

  /** The peer's side ends and the server is not told. */
  losePeer() {
    this.set('swallow');
    this.silence(this.up);
    this.near.destroy();
  }

  /** Answers the first request itself and closes; nothing reaches the server. */
  answer(text) {
    this.loseServer();
    let head = '';
    const read = (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      this.near.off('data', read);
      this.near.end(text);
      setTimeout(() => this.near.destroy(), 500).unref();
    };
    this.near.on('data', read);
  }
}

/** The box: listens on a free port of loopback, once started. */
export class Middlebox {
  #links = new Set(); #server; #idleTimer = null; #accepted = [];
  /** `{fault, moment}` that befalls every link, or null. */
  plan = null;
  /** The links that were struck. */
  struck = [];
  /** How often each kind of piece went through, by direction and kind, such as 'up update'. */
  counts = new Map();

  /** `target` returns the server's port; `wire` is 'lines' or 'http'. */
  constructor(target, wire) {
    this.target = target;
    this.wire = wire;
  }

  async start() {
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      const link = new Link(this, near);
      this.#links.add(link);
      this.#accepted.push(link);
      if (this.plan?.moment === 'dialling') link.strike(this.plan.fault);
    });
    await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    this.port = this.#server.address().port;
    return this;
  }

  get links() { return [...this.#links]; }

  /** When the peer dialled (ms since 1970), plain requests left out; each attempt counts once. */
  get dials() {
    const times = this.#accepted.filter((link) => !link.isAside).map((link) => link.openedAt);
    return times.filter((at, index) => index === 0 || at - times[index - 1] > ONE_DIAL);
  }

  forget(link) { this.#links.delete(link); }

  counted(direction, kind) {
    const key = `${direction} ${kind}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** From now on the fault strikes every link that comes to the moment. */
  arm(fault, moment) {
    this.plan = { fault, moment };
  }

  /** Strikes the links that are there. */
  strike(fault) {
    for (const link of this.#links) link.strike(fault);
  }

  /** Closes links on which nothing has gone either way for so many ms, as proxies do. */
  cutIdle(longest) {
    this.#idleTimer = setInterval(() => {
      for (const link of this.#links) {
        if (Date.now() - link.lastBytesAt <= longest) continue;
        link.struckAt = Date.now();
        link.close();
      }
    }, 50);
  }

  /** No new link is struck, and what was slow is quick; a link that is dead stays dead. */
  heal() {
    this.plan = null;
    clearInterval(this.#idleTimer);
    for (const link of this.#links) if (!link.isDeaf) link.set('pass');
  }

  stop() {
    this.heal();
    this.#server.close();
    for (const link of this.#links) { link.near.destroy(); link.far.destroy(); }
  }
}
