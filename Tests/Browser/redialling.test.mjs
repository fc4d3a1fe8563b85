// SPDX-License-Identifier: MIT

// How long the page waits before it dials again.

import test from 'node:test';
import assert from 'node:assert/strict';
import { BOUNDS } from '../../Web/peer.js';
import { connected, settle } from './played-world.mjs';


/** Fails the newest connection, and returns after how many ms the peer dials again. */
async function pauseAfterFailure(sockets, clock) {
  const count = sockets.length;
  const start = clock.now;
  sockets.at(-1).fail();
  while (sockets.length === count) { clock.advance(25); await settle(); }
  return clock.now - start;
}

test('a lost connection is dialled again with growing pauses, and at once on demand', async () => {
  const { peer, sockets, clock } = await connected();
  clock.advance(BOUNDS.usefulAfter);
  const pauses = [];
  for (let attempt = 0; attempt < 8; attempt++) pauses.push(await pauseAfterFailure(sockets, clock));
  assert.deepEqual(pauses.slice(0, 3), [375, 1500, 3000].map((pause) => Math.ceil(pause / 25) * 25));
  assert.ok(pauses.every((pause) => pause <= BOUNDS.backOffLast));
  assert.match(peer.status().text, /^offline · connecting \(attempt \d+\)$/);
  sockets.at(-1).fail();
  const count = sockets.length;
  peer.goOnline();
  await settle();
  assert.equal(sockets.length, count + 1);
  clock.advance(BOUNDS.connectTimeout);
  assert.equal(sockets.at(-1).isClosed, true, 'an attempt that takes too long is given up');
});

test('a server that greets us and closes at once is dialled more and more rarely', async () => {
  const { sockets, clock } = await connected();
  const pauses = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    pauses.push(await pauseAfterFailure(sockets, clock));
    sockets.at(-1).open();
    sockets.at(-1).say({ id: 'S', clock: {} }, '"SYNC"');
  }
  assert.ok(pauses[7] >= BOUNDS.backOffLast / 2, `${pauses}`);
  clock.advance(BOUNDS.usefulAfter);
  const count = sockets.length;
  sockets.at(-1).fail();
  clock.advance(BOUNDS.backOffFirst);
  await settle();
  assert.equal(sockets.length, count + 1, 'a connection that was useful for a while is missed at once');
});

test('a refusal by close code is told, and followed by the longest wait', async () => {
  const { peer, sockets, clock } = await connected();
  clock.advance(BOUNDS.usefulAfter);
  const count = sockets.length;
  sockets.at(-1).onclose({ code: 1008, reason: 'no such room' });
  assert.match(peer.reports.at(-1).text, /refused the connection: no such room/);
  clock.advance(BOUNDS.backOffLast / 2 - 1);
  await settle();
  assert.equal(sockets.length, count);
  clock.advance(BOUNDS.backOffLast / 2 + 1);
  await settle();
  assert.equal(sockets.length, count + 1);
});
