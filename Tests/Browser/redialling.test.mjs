// SPDX-License-Identifier: MIT

// How long the page waits before it dials again.

import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { connected, settle } from './played-world.mjs';

const { BOUNDS } = createRequire(import.meta.url)('../../Web/scuttlebutt.js');

test('a server that greets us and closes at once is dialled more and more rarely', async () => {
  const { sockets, clock } = await connected();
  const pauses = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const count = sockets.length;
    const start = clock.now;
    sockets.at(-1).fail();
    while (sockets.length === count) { clock.advance(25); await settle(); }
    pauses.push(clock.now - start);
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
