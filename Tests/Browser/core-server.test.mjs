// SPDX-License-Identifier: MIT
//
// The module for the page against the real server, over WebSocket.
import test from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { makeCore } from './module.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Socket } from './socket.mjs';

const counter = (state = 0, { type }) => ({ INCREMENT: state + 1, DECREMENT: state - 1 }[type] ?? state);

/** A core with a connection that goes on and off. */
class Page {
  static async during(t, url, options) {
    const page = new Page();
    page.core = await makeCore({ reducer: counter, ...options });
    page.url = `${url.replace(/^http/, 'ws')}/ws?batch=1`;
    await page.goOnline();
    t.after(() => page.goOffline());
    return page;
  }

  async goOnline() {
    this.socket = await Socket.open(this.url);
    this.session = this.core.openSession();
    this.socket.onmessage = (text) => {
      assert.equal(this.core.receive(this.session, text), true);
      this.pump();
    };
    this.pump();
  }

  goOffline() {
    this.socket.onmessage = () => {};
    this.socket.close();
    this.core.closed(this.session);
  }

  pump() {
    while (this.core.fold() > 0);
    for (let lines; (lines = this.core.pull(this.session)) !== null;) this.socket.send(lines);
  }

  dispatch(...types) {
    for (const type of types) this.core.dispatch({ type });
    if (this.socket) this.pump();
  }

  /** In agreed order, as the server and a terminal say it. */
  history() {
    const updates = this.core.lines().map((line) => JSON.parse(line));
    return updates.sort((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
  }
}

test('two modules, a terminal and the server agree, also on what was done apart', async (t) => {
  const server = await Server.during(t);
  const terminal = await TerminalPeer.during(t, server.url, 'counter');
  const [a, b] = await Promise.all(['PAGE-A', 'PAGE-B'].map((source) => Page.during(t, server.url, { source })));
  a.dispatch('INCREMENT', 'INCREMENT');
  await terminal.dispatch({ type: 'INCREMENT' });
  await reaches(3, () => b.core.state, 'the other page');
  await eventually('everything is confirmed', () => a.core.number('pending') === 0);

  // Apart: these get timestamps that others have used too, and go in between when they come.
  b.goOffline();
  b.dispatch('INCREMENT', 'INCREMENT', 'DECREMENT');
  a.dispatch('INCREMENT', 'DECREMENT', 'INCREMENT', 'INCREMENT');
  await reaches({ counter: 5 }, () => terminal.state(), 'the terminal');
  assert.equal(b.core.number('pending'), 3);
  await b.goOnline();
  for (const page of [a, b]) await reaches(6, () => page.core.state, page.core.source);
  await reaches({ counter: 6 }, () => terminal.state(), 'the terminal');
  await eventually('everything is confirmed', () => b.core.number('pending') === 0);
  assert.ok(a.core.events.some(([kind]) => kind === 'rewound'), 'a late action has rewound the page');
  const history = a.history();
  assert.equal(history.length, 10);
  assert.deepEqual(b.history(), history);
  await reaches(history, () => terminal.history(), 'the history of the terminal');
  for (const page of [a, b]) {
    assert.equal(page.core.events.filter(([kind]) => kind === 'refused' || kind === 'cutOff').length, 0);
  }
});

test('5,000 actions come in one history, and a page that has them gives them to an empty server', async (t) => {
  const first = await Server.during(t);
  const writer = await Page.during(t, first.url, { source: 'WRITER' });
  for (let n = 0; n < 5_000; n++) writer.core.dispatch({ type: 'INCREMENT', text: `é ${n}` });
  writer.pump();
  const reader = await Page.during(t, first.url, { source: 'READER' });
  await reaches(5_000, () => reader.core.state, 'the reader');
  assert.deepEqual(reader.history(), writer.history());
  assert.equal(reader.core.number('calls'), 5_000, 'each action is folded once');

  const second = await Server.during(t);
  const bringer = await Page.during(t, second.url, { source: 'READER' });
  bringer.goOffline();
  const restored = await makeCore({ reducer: counter, source: 'READER' });
  assert.equal(restored.restore(reader.core.lines()), 5_000);
  bringer.core = restored;
  await bringer.goOnline();
  await reaches(5_000, async () => (await second.statistics()).actions, 'the second server');
  assert.equal(bringer.core.number('pending'), 0);
});
