// SPDX-License-Identifier: MIT
//
// Stores of the real Redux in node with the drop-in and our Primus client, against the real server.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import Primus from '../../Web/primus.js';
import { eventually, reaches } from './eventually.mjs';
import { increment, make, say, skip, texts } from './redux-store.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Socket } from './socket.mjs';

/** A WebSocket as pages have it. */
class PageSocket {
  #socket = null;
  #isClosed = false;

  constructor(url) {
    Socket.open(url).then((socket) => {
      if (this.#isClosed) { socket.close(); return; }
      this.#socket = socket;
      socket.onmessage = (data) => this.onmessage?.({ data });
      socket.onclose = () => this.onclose?.({});
      this.onopen?.({});
    }, () => this.onclose?.({}));
  }

  send(text) { this.#socket.send(text); }

  close() {
    this.#isClosed = true;
    this.#socket?.close();
  }
}

describe('stores with the drop-in and a server', { skip }, () => {
  async function join(t, server, given) {
    const primusOptions = { WebSocket: PageSocket, reconnect: { min: 10, max: 100 } };
    const store = await make({ primus: Primus, uri: server.url, primusOptions, ...given });
    t.after(() => store.scuttlebutt.close());
    return store;
  }

  const order = (store) => store.scuttlebutt.history().slice(1)
    .map(([{ type, payload }, timestamp, source]) => [type, payload, timestamp, source]);

  test('two stores and a terminal agree, also on what was done offline', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    const [a, b] = [await join(t, server), await join(t, server)];
    a.dispatch(increment);
    await terminal.dispatch(increment);
    for (const store of [a, b]) await reaches(2, () => store.getState().counter, 'a store');
    b.scuttlebutt.io.end();
    for (const text of ['b1', 'b2']) b.dispatch(say(text));
    b.dispatch(increment);
    for (const text of ['a1', 'a2']) a.dispatch(say(text));
    await eventually('the server has them', () => a.scuttlebutt.pending === 0);
    assert.equal(b.scuttlebutt.pending, 3);
    b.scuttlebutt.io.open();
    for (const store of [a, b]) await reaches(3, () => store.getState().counter, 'a store');
    for (const store of [a, b]) await eventually('confirmed', () => store.scuttlebutt.pending === 0);
    assert.deepEqual(order(a), order(b));
    assert.deepEqual(texts(a), texts(b));
    assert.deepEqual(texts(a).toSorted(), ['a1', 'a2', 'b1', 'b2']);
    await reaches({ counter: 3 }, () => terminal.state(), 'the terminal');
    const expected = order(a).map(([type, , ...stamp]) => [type, ...stamp]);
    const ofTerminal = async () => (await terminal.history()).map(([{ type }, ...stamp]) => [type, ...stamp]);
    await reaches(expected, ofTerminal, 'the history of the terminal');
  });

  test('an action that one store\'s verifier refuses is left out there, and elsewhere it is not', async (t) => {
    const server = await Server.during(t);
    const verifyAsync = (callback, { payload }) => setTimeout(callback, 1, payload !== 'bad');
    const [writer, plain, strict] = [
      await join(t, server), await join(t, server), await join(t, server, { dispatcherOptions: { verifyAsync } }),
    ];
    for (const text of ['good', 'bad', 'better']) writer.dispatch(say(text));
    await reaches(['good', 'bad', 'better'], () => texts(plain), 'the plain one');
    await reaches(['good', 'better'], () => texts(strict), 'the strict one');
  });
});
