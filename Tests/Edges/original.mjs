// SPDX-License-Identifier: MIT
//
// What a JavaScript original does over Primus, in node: the client that we serve to pages of
// redux-scuttlebutt, a WebSocket of our own below it, and the original's gossip above, habits
// included: stamps in steps of two, echoes, `meta` in front in a history, no answer to a probe.
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { readFrame } from './watch.mjs';

const Primus = createRequire(import.meta.url)('../../Web/primus.js');

/** What RFC 6455 appends to the key of a handshake. */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The part of the browsers' WebSocket that Primus uses. */
class WebSocket {
  #socket; #rest = Buffer.alloc(0); #text = ''; #isOpen = false;
  #key = randomBytes(16).toString('base64');

  constructor(address) {
    const url = new URL(address);
    this.#socket = connect(Number(url.port), url.hostname, () => this.#socket.write([
      `GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`, 'Connection: Upgrade',
      'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${this.#key}`, '', '',
    ].join('\r\n')));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.onclose?.({ code: 1006 }));
    this.#socket.on('data', (chunk) => this.#received(chunk));
  }

  #received(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#isOpen && !this.#upgraded()) return;
    for (let frame = readFrame(this.#rest); frame; frame = readFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.end);
      if (frame.opcode === 8) this.close();
      else if (frame.opcode === 9) this.#frame(10, frame.payload);
      else if (frame.opcode < 8) {
        this.#text += frame.payload.toString('utf8');
        if (!frame.isFinal) continue;
        const data = this.#text;
        this.#text = '';
        this.onmessage?.({ data });
      }
    }
  }

  #upgraded() {
    const end = this.#rest.indexOf('\r\n\r\n') + 4;
    if (end < 4) return false;
    const head = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end);
    const accept = createHash('sha1').update(this.#key + HANDSHAKE).digest('base64');
    if (!/^HTTP\/1\.1 101/.test(head) || !head.includes(accept)) {
      this.#socket.destroy();
      return false;
    }
    this.#isOpen = true;
    this.onopen?.({});
    return true;
  }

  #frame(opcode, payload) {
    const mask = randomBytes(4);
    const short = payload.length < 126;
    const head = Buffer.from([0x80 | opcode, 0x80 | (short ? payload.length : 126),
      ...(short ? [] : [payload.length >> 8, payload.length & 255]), ...mask]);
    this.#socket.write(Buffer.concat([head, payload.map((byte, index) => byte ^ mask[index % 4])]));
  }

  send(text) { this.#frame(1, Buffer.from(text)); }

  close() {
    if (this.#isOpen) this.#frame(8, Buffer.from([0x03, 0xe8])); // 1000
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), 200);
  }
}

/** One peer of redux-scuttlebutt; its heartbeat is quicker, `ping` ms instead of 25 s. */
export class Original {
  #primus; #streams = new Set(); #updates = []; #clock;

  constructor(id, url, ping) {
    Object.assign(this, { id, url, ping });
    this.#clock = { [id]: 0 };
  }

  start() {
    const spec = { timeout: 35_000, pingInterval: 30_000 };
    this.#primus = new Primus(this.url, {
      WebSocket, ping: this.ping, pong: this.ping, timeout: 5_000,
      fetch: async () => ({ ok: true, json: async () => spec }),
    });
    this.#primus.on('error', () => {});
    this.#primus.on('open', () => this.#opened());
  }

  stop() { this.#primus.end(); }

  /** An original does not know whether it is in sync: it says only that it is connected. */
  get isConnected() { return this.#primus.readyState === Primus.OPEN; }

  get history() {
    return this.#updates.slice().sort((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
  }

  dispatch(action) {
    const update = [action, this.#clock[this.id] + 1, this.id];
    this.#clock[this.id] += 2;
    this.#updates.push(update);
    for (const stream of this.#streams) this.#live(stream, update);
    return update;
  }

  #opened() {
    const stream = { peer: null, rest: '' };
    const primus = this.#primus;
    const write = (value) => {
      if (this.#streams.has(stream)) primus.write(`${JSON.stringify(value)}\n`);
    };
    stream.write = write;
    this.#streams.add(stream);
    const heard = (data) => {
      const lines = (stream.rest + data).split('\n');
      stream.rest = lines.pop();
      for (const line of lines) this.#heard(stream, JSON.parse(line));
    };
    primus.on('data', heard);
    primus.once('close', () => { this.#streams.delete(stream); primus.off('data', heard); });
    write({ id: this.id, start: 0, clock: this.#clock });
  }

  #heard(stream, value) {
    if (Array.isArray(value)) this.#accept(value);
    if (typeof value !== 'object' || Array.isArray(value)) return;
    stream.peer = { ...value.clock };
    for (const [action, timestamp, source] of this.history) {
      if (stream.peer[source] >= timestamp) continue;
      stream.peer[source] = timestamp;
      stream.write([{ meta: {}, ...action }, timestamp, source]);
    }
    stream.write('SYNC');
  }

  #accept(update) {
    const [, timestamp, source] = update;
    if (this.#clock[source] >= timestamp) return;
    this.#clock[source] = timestamp;
    this.#clock[this.id] = Math.max(this.#clock[this.id], timestamp + 1);
    this.#updates.push(update);
    for (const stream of this.#streams) this.#live(stream, update);
  }

  #live(stream, update) {
    if (!stream.peer || stream.peer[update[2]] >= update[1]) return;
    stream.peer[update[2]] = update[1];
    stream.write(update);
  }
}
