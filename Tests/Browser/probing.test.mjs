// SPDX-License-Identifier: MIT
//
// Whether the other side is there and has what it was sent: probes, silence, sleep, and what "in sync" means.
import test from 'node:test';
import assert from 'node:assert/strict';
import { BOUNDS, MemoryStorage } from '../../Web/peer.js';
import { connected, settle, update } from './played-world.mjs';

const { probeAfter } = BOUNDS;
const MINUTE = 60_000;

/** A window and its document that fire events when the test says so. */
function playedWindow() {
  const target = (extra) => {
    const listeners = new Map();
    return {
      ...extra,
      addEventListener: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
      removeEventListener: (event, listener) => (
        listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener))),
      fire: (event, value = {}) => { for (const listener of listeners.get(event) ?? []) listener(value); },
    };
  };
  return target({ document: target({ visibilityState: 'visible' }), location: { reload: () => {} } });
}

/** Whether `synced()` has resolved by now. */
async function isSynced(peer) {
  let is = false;
  peer.synced().then(() => { is = true; });
  await settle();
  return is;
}

// ------------------------------------------------------------------------------------------------ a write's life

test('a write is pending, and nothing says in sync, until it is saved, sent and confirmed', async () => {
  let finish;
  const storage = new MemoryStorage();
  storage.save = () => new Promise((resolve) => { finish = resolve; });
  const { peer, socket, clock } = await connected({ storage, answersProbes: false });
  const look = async (what, ...expected) => {
    const { phase, pending, text } = peer.status();
    assert.deepEqual([phase, pending, text, await isSynced(peer)], expected, what);
  };
  await look('before', 'in-sync', 0, 'in sync', true);
  peer.dispatch({ type: 'A', n: 1 });
  await look('being saved', 'sending', 1, 'sending 1', false);
  socket.bufferedAmount = BOUNDS.buffered + 1;
  finish();
  await settle();
  assert.equal(socket.sent.length, 2);
  await look('saved, waits for the socket', 'sending', 1, 'sending 1', false);
  socket.bufferedAmount = 0;
  clock.advance(20);
  assert.equal(socket.sent.length, 3);
  await look('sent', 'sending', 1, 'sending 1', false);
  assert.equal(socket.probes, 1);
  peer.dispatch({ type: 'A', n: 2 });
  finish();
  await settle();
  assert.equal(socket.probes, 1, 'one probe at a time');
  socket.say('"PONG"');
  await look('the first is confirmed, the second was sent after the probe', 'sending', 1, 'sending 1', false);
  assert.equal(socket.probes, 2);
  socket.say('"PONG"');
  await look('confirmed', 'in-sync', 0, 'in sync', true);
});

test('a write of before the connection is pending until the server confirms it, by its header or by a probe', async () => {
  const { peer, sockets, clock } = await connected({ dial: false, answersProbes: false });
  for (const n of [1, 2, 3]) peer.dispatch({ type: 'A', n });
  await peer.flush();
  assert.equal(peer.status().text, 'offline · 3 to send');
  peer.goOnline();
  await settle();
  sockets[0].open();
  assert.equal(peer.status().pending, 3);
  sockets[0].say({ id: 'S', clock: { ME: 2 } }, '"SYNC"');
  assert.deepEqual([peer.status().pending, peer.status().phase], [1, 'sending'], 'the header confirms two');
  assert.equal(await isSynced(peer), false);
  sockets[0].fail();
  assert.match(peer.status().text, /1 to send$/);
  clock.advance(BOUNDS.backOffLast);
  await settle();
  sockets[1].open();
  sockets[1].say({ id: 'S', clock: { ME: 3 } }, '"SYNC"');
  assert.equal(peer.status().text, 'in sync');
  assert.equal(sockets[1].probes, 0, 'there is nothing to ask');
  sockets[1].say({ id: 'S', clock: { ME: 1 } });
  assert.equal(peer.status().pending, 2, 'a server that lost some of it is given it again');
  sockets[1].say('"PONG"');
  assert.equal(peer.status().text, 'in sync');
});

test('what is not confirmed is still to send after a reload', async () => {
  const storage = new MemoryStorage();
  const first = await connected({ storage, answersProbes: false });
  first.peer.dispatch({ type: 'A', n: 1 });
  await settle();
  first.socket.say('"PONG"');
  first.peer.dispatch({ type: 'A', n: 2 });
  await first.peer.flush();
  first.peer.close();
  const again = await connected({ dial: false, storage, stored: await storage.load() });
  assert.equal(again.peer.status().text, 'offline · 1 to send');
});

test('what the page passes on for others is confirmed too before it says in sync', async () => {
  const { peer, sockets } = await connected({ answersProbes: false });
  sockets[0].say(update(1, 1, 'x'));
  peer.goOffline();
  peer.goOnline();
  await settle();
  const [, socket] = sockets;
  socket.open();
  socket.say('"PONG"', { id: 'S', clock: {} }, '"SYNC"'); // it has lost its log
  assert.deepEqual([peer.status().phase, peer.status().pending, peer.status().text], ['sending', 0, 'sending']);
  socket.say('"PONG"');
  assert.equal(peer.status().phase, 'in-sync');
});

// ------------------------------------------------------------------------------------------------------ silence

test('a silent server that answers probes is probed, given up, and dialled again', async () => {
  const { peer, socket, sockets, clock } = await connected();
  clock.advance(probeAfter);
  assert.equal(socket.probes, 1);
  socket.answersProbes = false;
  clock.advance(probeAfter);
  assert.equal(socket.probes, 2);
  clock.advance(probeAfter - 1);
  assert.equal(socket.isClosed, false);
  clock.advance(1);
  assert.equal(socket.isClosed, true);
  assert.match(peer.reports.at(-1).text, /does not answer/);
  clock.advance(BOUNDS.backOffLast);
  await settle();
  assert.equal(sockets.length, 2);
});

test('a server that talks is not probed', async () => {
  const { socket, clock } = await connected();
  for (let n = 1; n <= 100; n++) {
    clock.advance(probeAfter / 2);
    socket.say(update(n, n, 'x'));
  }
  assert.equal(socket.probes, 0);
  assert.ok(clock.waiting.length <= 1, 'and there is one timer, however much it says');
});

test('anything that arrives in time shows that the server is there', async () => {
  const { socket, clock } = await connected();
  clock.advance(probeAfter);
  socket.answersProbes = false;
  for (const sign of ['"PING"', '5', JSON.stringify(update(1, 1, 'x')), '']) {
    clock.advance(2 * probeAfter - 1);
    socket.say(sign);
  }
  assert.equal(socket.isClosed, false);
  clock.advance(2 * probeAfter);
  assert.equal(socket.isClosed, true);
});

for (const knowsProbes of [true, false]) {
  const kind = knowsProbes ? 'that answered the first probe' : 'that answered no probe';
  for (const [what, ...said] of [
    ['says nothing'], ['stops after its header', { id: 'S', clock: {} }],
    ['stops within its history', { id: 'S', clock: { x: 5 } }, update(1, 1, 'x')],
  ]) {
    test(`a server ${kind} and ${what} is given up, and never called in sync`, async () => {
      const { peer, sockets, clock } = await connected({ dial: false, answersProbes: false, knowsProbes });
      peer.goOnline();
      await settle();
      peer.dispatch({ type: 'A', n: 1 });
      await peer.flush();
      sockets[0].open();
      sockets[0].say(...said);
      for (let time = 0; time < 2 * probeAfter; time += 500) {
        await clock.pass(500);
        assert.notEqual(peer.status().phase, 'in-sync');
        assert.equal(peer.status().pending, 1);
      }
      assert.equal(sockets[0].isClosed, true);
      await clock.pass(BOUNDS.backOffLast);
      assert.ok(sockets.length >= 2, 'it is dialled again');
    });
  }
}

test('the first thing a server hears is a probe', async () => {
  const { peer, sockets } = await connected({ dial: false });
  peer.goOnline();
  await settle();
  const heard = [];
  sockets[0].send = (text) => heard.push(text);
  sockets[0].open();
  assert.deepEqual(heard, ['"PING"', '{"id":"ME","start":0,"clock":{"ME":0}}']);
});

test('a server that says SYNC before it answers knows no probes, hears no other, and keeps its connection', async () => {
  const { peer, socket, clock } = await connected({ knowsProbes: false });
  assert.equal(peer.status().text, 'in sync');
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  clock.advance(BOUNDS.objection - 1);
  assert.equal(peer.status().text, 'sending 1', 'it may still object');
  clock.advance(1);
  assert.equal(peer.status().text, 'in sync', 'what has left counts as confirmed');
  socket.bufferedAmount = 10;
  peer.dispatch({ type: 'A', n: 2 });
  await peer.flush();
  clock.advance(10 * BOUNDS.objection);
  assert.equal(peer.status().text, 'sending 1', 'it has not left');
  socket.bufferedAmount = 0;
  clock.advance(BOUNDS.objection);
  assert.equal(peer.status().text, 'in sync');
  clock.advance(120 * MINUTE);
  peer.wake();
  clock.advance(120 * MINUTE);
  assert.deepEqual([socket.isClosed, socket.probes], [false, 0]);
  socket.say('"PONG"');
  peer.dispatch({ type: 'A', n: 3 });
  await peer.flush();
  assert.equal(socket.probes, 1, 'one that answers late is asked again');
});

test('a server that stops after its SYNC is not taken for one that knows no probes', async () => {
  let isUp = true;
  const fetch = () => (isUp ? Promise.resolve({ ok: true, json: async () => ({ connected: 1 }) }) : new Promise(() => {}));
  for (const statisticsUrl of ['http://server/statistics', null]) {
    isUp = true;
    const { peer, socket, clock } = await connected({ fetch, statisticsUrl, answersProbes: false });
    await settle();
    isUp = false;
    peer.dispatch({ type: 'A', n: 1 });
    await peer.flush();
    for (let time = 0; time < 2 * probeAfter; time += 250) {
      await clock.pass(250);
      assert.notEqual(peer.status().phase, 'in-sync');
      assert.equal(peer.status().pending, 1);
    }
    assert.equal(socket.isClosed, true);
  }
});

// --------------------------------------------------------------------------------------------------- answering

test('probes of the server are answered in order with everything else', async () => {
  const { peer, sockets, clock } = await connected({ dial: false });
  for (const n of [1, 2]) peer.dispatch({ type: 'A', n });
  await peer.flush();
  peer.goOnline();
  await settle();
  const [socket] = sockets;
  socket.open();
  socket.say('"PING"');
  assert.equal(socket.sent.at(-1), '"PONG"', 'also before the header');
  socket.bufferedAmount = BOUNDS.buffered + 1;
  socket.say({ id: 'S', clock: {} }, '"PING"', '"PING"');
  socket.say({ id: 'S', clock: { ME: 1 } }, '"PING"');
  socket.bufferedAmount = 0;
  clock.advance(20);
  assert.deepEqual(socket.sent.slice(2), [
    '"PONG"', '"PONG"', '"PONG"', '[{"type":"A","n":2},2,"ME"]', '"SYNC"', '"SYNC"',
  ], 'a header that comes again takes away no answer, and each is answered with SYNC');
});

test('a server that probes and does not read is owed few answers', async () => {
  const { socket, clock } = await connected();
  socket.bufferedAmount = BOUNDS.buffered + 1;
  for (let n = 0; n < 1_000; n++) socket.say('"PING"');
  const before = socket.sent.length;
  socket.bufferedAmount = 0;
  clock.advance(20);
  assert.deepEqual(new Set(socket.sent.slice(before)), new Set(['"PONG"']));
  assert.ok(socket.sent.length - before <= 16, `${socket.sent.length - before} answers`);
});

test('answers to nothing are ignored', async () => {
  const { peer, socket, reports } = await connected();
  socket.say('"PONG"', '"PONG"');
  assert.deepEqual([peer.status().phase, reports], ['in-sync', []]);
});

// ------------------------------------------------------------------------------------------ sleep and slow timers

test('after sleep a fresh probe gets its full time', async () => {
  const { socket, clock } = await connected();
  clock.advance(probeAfter); // it has answered once
  socket.answersProbes = false;
  clock.advance(probeAfter + 1_000);
  assert.equal(socket.probes, 2);
  clock.sleep(8 * 60 * MINUTE);
  clock.advance(1);
  assert.equal(socket.isClosed, false, 'the deadline passed while nothing ran');
  assert.equal(socket.probes, 3, 'a fresh probe');
  clock.advance(probeAfter - 2);
  socket.say('"PONG"');
  clock.advance(2 * probeAfter - 1);
  assert.equal(socket.isClosed, false);
  clock.advance(1);
  assert.equal(socket.isClosed, true, 'and a server that is really gone is left in the end');
});

test('a machine that sleeps again and again keeps its connection', async () => {
  const { socket, clock } = await connected();
  clock.advance(probeAfter);
  socket.answersProbes = false;
  clock.advance(probeAfter + 1_000);
  for (let night = 0; night < 3; night++) {
    clock.advance(5_000);
    clock.sleep(8 * 60 * MINUTE);
    clock.advance(1);
    assert.equal(socket.isClosed, false, `night ${night}`);
  }
});

test('a hidden page with timers once a minute keeps its connection, and leaves a dead one', async () => {
  const window = playedWindow();
  const { peer, socket, clock } = await connected();
  peer.listen(window);
  clock.advance(probeAfter);
  window.document.visibilityState = 'hidden';
  clock.slowness = MINUTE;
  for (let minute = 0; minute < 60; minute++) {
    await clock.pass(MINUTE, 5_000);
    socket.say('"PING"');
    assert.equal(socket.sent.at(-1), '"PONG"', 'the server hears from it at once');
  }
  assert.equal(socket.isClosed, false);
  socket.answersProbes = false;
  await clock.pass(5 * MINUTE, 5_000);
  assert.equal(socket.isClosed, true);
});

test('a clock that is set back does not put the next probe off for long', async () => {
  let clock;
  let offset = 0;
  const { peer, socket, ...world } = await connected({ now: () => (clock?.now ?? 0) - offset });
  clock = world.clock;
  offset = 10 * 60 * MINUTE;
  clock.advance(2 * probeAfter);
  assert.ok(socket.probes >= 1);
  assert.equal(peer.status().phase, 'in-sync');
});

for (const [where, event] of [
  ['window', 'online'], ['window', 'pageshow'], ['document', 'visibilitychange'], ['document', 'resume'],
]) {
  test(`${event}: the server is probed at once, or dialled at once`, async () => {
    const window = playedWindow();
    const { peer, socket, sockets, clock } = await connected();
    peer.listen(window);
    const target = where === 'window' ? window : window.document;
    clock.advance(5_000);
    for (let time = 0; time < 10; time++) target.fire(event);
    assert.equal(socket.probes, 1, 'however often it is fired');
    socket.answersProbes = false;
    clock.advance(BOUNDS.freshProbe);
    target.fire(event);
    clock.advance(probeAfter);
    assert.equal(socket.isClosed, true, 'who does not answer is left');
    let count = sockets.length;
    for (let attempt = 0; attempt < 8; attempt++) {
      while (sockets.length === count) { clock.advance(100); await settle(); }
      count = sockets.length;
      sockets.at(-1).fail();
    }
    clock.advance(BOUNDS.backOffFirst);
    for (let time = 0; time < 10; time++) { target.fire(event); await settle(); }
    assert.equal(sockets.length, count + 1, 'it does not wait for the next attempt');
  });
}

test('a page that is shown again and again leaves a dead server in time', async () => {
  const { peer, socket, clock } = await connected();
  clock.advance(BOUNDS.freshProbe);
  socket.answersProbes = false;
  peer.wake();
  for (let time = 0; time < probeAfter; time += 4_000) {
    assert.equal(socket.isClosed, false);
    clock.advance(4_000);
    if (time + 4_000 < probeAfter) peer.wake();
  }
  assert.equal(socket.isClosed, true);
});

test('a page that is hidden, or has left, does not wake up', async () => {
  const window = playedWindow();
  const { peer, socket } = await connected();
  peer.listen(window);
  window.document.visibilityState = 'hidden';
  window.document.fire('visibilitychange');
  assert.equal(socket.probes, 0);
  window.fire('pagehide');
  window.document.visibilityState = 'visible';
  window.document.fire('visibilitychange');
  window.fire('online');
  window.fire('pageshow');
  assert.equal(socket.probes, 0);
  assert.equal(peer.isOnline, false);
});
