// SPDX-License-Identifier: MIT
//
// A well-behaved peer beside the box, over TCP lines: writes to the server and knows what it has.
import { connect } from 'node:net';

/** Writes as a source of its own, and remembers what everybody wrote. */
export class Observer {
  #source; #socket; #rest = ''; #last = 0; #written = []; #clock = {}; #waiting = [];
  /** Every update, by `timestamp@source`. */
  updates = new Map();

  constructor(source = 'OBSERVER') { this.#source = source; }

  /** Connects, also again, and waits until the server has sent what it has. */
  async start(port) {
    this.#rest = '';
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop();
      for (const line of lines) this.#heard(JSON.parse(line));
    });
    this.#send({ id: this.#source, clock: this.#clock });
    await new Promise((resolve) => { this.#waiting.push(resolve); });
    return this;
  }

  #send(value) { this.#socket.write(`${JSON.stringify(value)}\n`); }

  #heard(value) {
    if (value === 'PING') this.#send('PONG');
    else if (value === 'SYNC') for (const resolve of this.#waiting.splice(0)) resolve();
    else if (Array.isArray(value)) this.#accept(value);
    else if (value?.clock) {
      for (const update of this.#written) this.#send(update);
      this.#send('SYNC');
    }
  }

  #accept(update) {
    const [, timestamp, source] = update;
    if ((this.#clock[source] ?? 0) >= timestamp) return;
    this.#clock[source] = timestamp;
    this.#last = Math.max(this.#last, timestamp);
    this.updates.set(`${timestamp}@${source}`, update);
  }

  /** Writes an action, and returns the update. */
  write(action = { type: 'ADD', n: this.#written.length, text: 'from beside the box' }) {
    const update = [action, this.#last + 1, this.#source];
    this.#written.push(update);
    this.#accept(update);
    this.#send(update);
    return update;
  }

  stop() { this.#socket.destroy(); }
}
