// SPDX-License-Identifier: MIT
//
// The timestamps of a page's own actions: above all that it has seen or that the server says it has.
import test from 'node:test';
import assert from 'node:assert/strict';
import { connected, settle, update } from './played-world.mjs';

test('own timestamps are one more than the highest seen, up to the clock ceiling', async () => {
  const { peer, socket, reports } = await connected();
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 1);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 2);
  socket.say(update(1, 10, 'x'));
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 11);
  socket.say(update(2, 1795234529926.001, 'x'));
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 1795234529927);
  socket.say(update(3, 2 ** 53 - 1, 'x'));
  assert.equal(peer.clock().x, 2 ** 53 - 1);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 1795234529928);
  socket.say(update(4, 2 ** 52, 'y'));
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 2 ** 52 + 1);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 2 ** 52 + 2);
  assert.deepEqual(reports, []);
});

test('own timestamps go on above a header, before its history is here', async () => {
  const { peer } = await connected({ serverClock: { x: 41, y: 2 ** 52 + 2 } });
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 42);
});

test('headerReceived waits for the header, the failure of the dial, or its time', async () => {
  const { peer, clock, sockets } = await connected({ dial: false });
  assert.equal(await peer.headerReceived(1_000), false, 'nobody is dialled');
  peer.goOnline();
  await settle();
  const waits = [peer.headerReceived(500), peer.headerReceived(5_000)];
  clock.advance(501);
  assert.equal(await waits[0], false);
  sockets.at(-1).open();
  sockets.at(-1).say({ id: 'S', start: 0, clock: { S: 3 } });
  assert.equal(await waits[1], true);
  assert.equal(await peer.headerReceived(0), true);
});

test('a header that claims own updates we lack raises the clock, above the ceiling it moves nothing', async () => {
  const { peer, socket, reports } = await connected({ serverClock: { ME: 7 } });
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 8);
  socket.say(update('old', 5, 'ME'));
  assert.deepEqual(reports, ['identity']);
  const poisoned = await connected({ serverClock: { ME: 2 ** 53 - 1 } });
  assert.equal(poisoned.peer.dispatch({ type: 'A' }).timestamp, 1);
  assert.deepEqual(poisoned.reports, ['identity']);
  poisoned.socket.say(update(1, 2 ** 53 - 1, 'ME'));
  assert.deepEqual(poisoned.reports, ['identity', 'refused']);
  assert.equal(poisoned.peer.dispatch({ type: 'A' }).timestamp, 2);
});
